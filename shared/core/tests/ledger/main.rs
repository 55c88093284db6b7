//! The ledger on the embedded DynamoDB.

#[cfg(test)]
mod history;
#[cfg(test)]
mod race;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tables;
