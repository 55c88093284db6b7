//! `/api/buz`

#[cfg(test)]
mod balance;
#[cfg(test)]
mod history;
#[cfg(test)]
mod host;
#[cfg(test)]
mod issuance;
#[cfg(test)]
mod stake;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transfer;
