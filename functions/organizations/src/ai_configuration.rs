//! `/api/organizations/{organizationId}/ai-configuration`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::{Admin, Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::Input;
use shared::id::OrganizationId;
use shared::model::ai_configuration::AiConfiguration;
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::Error;
use crate::find::find;

/// How the assistant speaks and acts for an organisation. It takes all of it as a wish, not as a command.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AiConfiguration)]
pub(crate) struct AiConfigurationDetails {
    /// What the assistant is like.
    #[garde(inner(custom(shared::http::not_blank), length(chars, max = 1_000)))]
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"\S",
        example = "A calm engineer who has built this before and says what would not work."
    )]
    #[serde(default)]
    personality: Option<String>,
    /// How it sounds.
    #[garde(inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100)))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "warm and direct"
    )]
    #[serde(default)]
    tone: Option<String>,
    /// What the organisation wants to reach, the most important first; at most ten.
    #[garde(
        length(max = 10),
        inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 200))
    )]
    #[schema(schema_with = goals_schema)]
    #[serde(default)]
    goals: Vec<String>,
    /// The field to speak of, where that is another than the organisation's own.
    #[garde(inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100)))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Computing"
    )]
    #[serde(default)]
    industry: Option<String>,
    /// Whether it may read emotions in texts; off unless somebody turns it on.
    #[garde(skip)]
    #[serde(default)]
    emotion_detection: bool,
}

fn goals_schema() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
    let goal = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(200))
        .pattern(Some(r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"))
        .examples(["Ten paying customers by spring"]);
    ArrayBuilder::new().items(goal).max_items(Some(10)).description(Some(GOALS)).build()
}

const GOALS: &str = "What the organisation wants to reach, the most important first; at most ten.";

impl AiConfigurationDetails {
    fn configuration(&self, organization_id: OrganizationId) -> AiConfiguration {
        let trimmed = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_owned());
        AiConfiguration {
            organization_id,
            personality: trimmed(&self.personality),
            tone: trimmed(&self.tone),
            goals: self.goals.iter().map(|goal| goal.trim().to_owned()).collect(),
            industry: trimmed(&self.industry),
            emotion_detection: self.emotion_detection,
        }
    }
}

impl From<AiConfiguration> for AiConfigurationDetails {
    fn from(configuration: AiConfiguration) -> Self {
        let AiConfiguration { personality, tone, goals, industry, emotion_detection, .. } = configuration;
        Self { personality, tone, goals, industry, emotion_detection }
    }
}

/// How the assistant speaks and acts for an organisation.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/ai-configuration", operation_id = "getAiConfiguration",
    tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 200, description = "The configuration.", body = AiConfigurationDetails),
    )
)]
pub(crate) async fn get_ai_configuration(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<AiConfigurationDetails>, Error> {
    Ok(Json(AiConfiguration::read(&services.store, access.organization_id()).await?.into()))
}

/// Replace how the assistant speaks and acts for an organisation: what is absent is cleared, and what is opted in to is off. The same values
/// again change nothing.
#[utoipa::path(
    put, path = "/api/organizations/{organizationId}/ai-configuration", operation_id = "replaceAiConfiguration",
    tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    request_body = AiConfigurationDetails,
    responses(
        (status = 200, description = "The configuration.", body = AiConfigurationDetails),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn replace_ai_configuration(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Input(input): Input<AiConfigurationDetails>,
) -> Result<Json<AiConfigurationDetails>, Error> {
    let organization = access.organization_id();
    let next = input.configuration(organization);
    let plan = || async {
        find(&services, organization).await?;
        let current = services.store.get::<AiConfiguration>(&AiConfiguration::key_of(organization)).await?;
        let mut transaction = Transaction::new();
        if current.as_ref().map(|current| &current.value) != Some(&next) {
            match &current {
                Some(current) => transaction.replace::<AiConfiguration>(current, next.clone()),
                None => transaction.create(next.clone()),
            }
            let fact = Fact::AiConfigurationChanged { emotion_detection: next.emotion_detection };
            transaction.create(access.event(&services, fact));
        }
        Ok::<_, Error>((transaction, ()))
    };
    services.store.execute(plan).await?;
    Ok(Json(next.into()))
}
