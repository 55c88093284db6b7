//! What every function behind a function URL has to stand.

use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::id::RequestId;

use super::{FunctionHost, SHORT_TIME};
use crate::Caller;
use crate::runtime_api::{EVENT_LIMIT_BYTES, function_url_event};

/// Past every limit of ours, which lie at a few hundred kilobytes.
const OUR_LIMIT_BYTES: usize = 2 * 1024 * 1024;

/// A path that every function answers to everybody: what a function reads that has nothing for those who are signed in.
const PUBLIC: &str = "/api/health";

impl FunctionHost {
    /// Runs the cases that every function behind a function URL has to stand. `reads` is a path that answers a GET of anybody who is
    /// signed in, with the platform's role `support`, and a query of one parameter that may be given once, where it takes any; `writes` is
    /// a path that takes a POST of JSON, if there is one. A function that has nothing to read gives `/api/health`.
    pub async fn http_cases(name: &str, binary: &str, reads: &str, writes: Option<&str>) {
        let (reads, query) = reads.split_once('?').unwrap_or((reads, ""));
        let host = Self::start(name, binary).await;
        let ada = host.cloud.caller("Ada").await;
        host.cloud.set_platform_role(&ada, PlatformRole::Support).await;
        host.answers_what_is_asked(&ada, reads).await;
        host.reads_the_query(&ada, reads, query).await;
        host.keeps_to_the_limits(&ada, reads, writes).await;

        let health = function_url_event("GET", "/api/health", &[], b"");
        let error = host.invoke_without_aws(health.clone(), SHORT_TIME).await.expect_err("nothing answers");
        assert_eq!(error.kind, "Sandbox.Timedout", "{error}");
        assert_eq!(host.invoke(health).await["statusCode"], 200, "another process serves the next request");
        host.app.get(reads).by(&ada).send().await.expect(200);
    }

    async fn answers_what_is_asked(&self, ada: &Caller, reads: &str) {
        let health = self.app.get("/api/health/").send().await.expect(200);
        assert_eq!((&health["status"], &health["services"]["table"]), (&json!("ok"), &json!("ok")));

        // Whatever cookies a browser adds.
        let answer = self.app.get(reads).by(ada).header("cookie", "theme=dark; session=a%3Db").send().await;
        for (name, value) in
            [("api-version", "1"), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
        {
            assert_eq!(answer.header(name), Some(value));
        }
        let request_id = answer.header("x-request-id").expect("an answer has its request's id").to_owned();
        answer.expect(200);
        let line = self.line("the request", |line| line["request_id"] == request_id.as_str()).await;
        assert_eq!(
            (&line["function"], &line["status"], &line["path"]),
            (&json!(self.name), &json!(200), &json!(reads))
        );

        let nobodys = self.app.get(reads).send().await;
        if reads == PUBLIC {
            nobodys.expect(200);
        } else {
            nobodys.expect_problem(401, "token_missing");
        }
        self.app.get("/api/nothing").by(ada).send().await.expect_problem(404, "not_found");
        let wrong = self.app.request("PATCH", reads).by(ada).send().await;
        assert!(wrong.header("allow").is_some_and(|allow| allow.contains("GET")));
        wrong.expect_problem(405, "method_not_allowed");
    }

    async fn reads_the_query(&self, ada: &Caller, reads: &str, query: &str) {
        let Some((parameter, value)) = query.split_once('=') else { return };
        let encoded = parameter.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        for once in [query.to_owned(), format!("{encoded}={value}")] {
            self.app.get(&format!("{reads}?{once}")).by(ada).send().await.expect(200);
        }
        for wrong in [format!("{query}&{query}"), format!("{query}&{encoded}={value}"), "no%20such=thing".to_owned()] {
            let problem =
                self.app.get(&format!("{reads}?{wrong}")).by(ada).send().await.expect_problem(400, "malformed");
            assert_eq!(problem["errors"][0]["path"], "query", "{problem}");
        }
    }

    async fn keeps_to_the_limits(&self, ada: &Caller, reads: &str, writes: Option<&str>) {
        if let Some(path) = writes {
            let large = self.app.post(path).by(ada).body("application/json", vec![b' '; OUR_LIMIT_BYTES]).send().await;
            large.expect_problem(413, "too_large");
            let wrong = self.app.post(path).by(ada).body("application/json", b"\"\xff\"".to_vec()).send().await;
            wrong.expect_problem(400, "malformed");
        }
        // The largest event that Lambda hands on, as text and as Base64: whatever it is answered, the function stands it.
        let headers = [("content-type", "text/plain"), ("authorization", &*format!("Bearer {}", ada.token))];
        let of_size = |length: usize| function_url_event("POST", reads, &headers, &vec![b'a'; length]);
        let around = of_size(1_000_000).to_string().len() - 1_000_000;
        let largest = of_size(EVENT_LIMIT_BYTES - around);
        assert_eq!(largest.to_string().len(), EVENT_LIMIT_BYTES);
        let answer = self.invoke(largest).await;
        assert!((200..500).contains(&answer["statusCode"].as_u64().expect("a status")), "{answer}");
        let bytes = self.app.post(reads).by(ada).body("image/png", vec![0xff; 4_500_000]).send().await;
        assert!(bytes.status.as_u16() < 500, "{}", bytes.text);

        let [refused, next] = [(); 2].map(|()| self.cloud.services.ids.next::<RequestId>().to_string());
        let larger = self.app.post(reads).by(ada).header("x-request-id", &refused);
        let larger = larger.body("text/plain", vec![b'a'; EVENT_LIMIT_BYTES]).send().await;
        assert_eq!((larger.status.as_u16(), larger.header("api-version")), (413, None), "Lambda itself refuses it");
        assert!(matches!(larger.json["Message"], Value::String(_)));
        // Lines arrive in their order: with that of the next request any of this one would be there.
        self.app.get(reads).by(ada).header("x-request-id", &next).send().await.expect(200);
        self.line("the next request", |line| line["request_id"] == next.as_str()).await;
        assert!(self.log().iter().all(|line| line["request_id"] != refused.as_str()), "the function never sees it");
    }
}
