//! The one store that everything compared talks to: the local cloud's DynamoDB endpoint, without the local cloud's jobs beside it.

use embedded::template::{Table, Template};
use embedded::{EmbeddedDynamoDb, EmbeddedSqs, Execution, aws_router};
use shared_lambda::Error;
use testkit::TEMPLATE;
use tokio::net::TcpListener;

use crate::say;

/// Serves the template's tables and `copies` of the platform's until the process is ended, and prints where.
pub(crate) async fn serve(copies: &[String]) -> Result<(), Error> {
    let mut template = Template::read(TEMPLATE)?;
    let original = template.tables.get("PlatformTable").cloned().ok_or("the template has no such table")?;
    for name in copies {
        let mut create_request = original.create_request.clone();
        if let Some(request) = create_request.as_object_mut() {
            request.insert("TableName".to_owned(), name.clone().into());
        }
        let copy = Table { name: name.clone(), create_request, ..original.clone() };
        template.tables.insert(name.clone(), copy);
    }
    let dynamodb = EmbeddedDynamoDb::in_memory()?.with_execution(Execution::BlockingPool);
    template.create_tables(&dynamodb)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("http://{} {}", listener.local_addr()?, original.name))?;
    Ok(axum::serve(listener, aws_router(dynamodb, EmbeddedSqs::new(|| 0))).await?)
}
