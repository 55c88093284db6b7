//! The function's router on the embedded DynamoDB; the modules are named for the paths below `/api/crm`.

#[cfg(test)]
mod host;
#[cfg(test)]
mod leads;
#[cfg(test)]
mod leads_id;
#[cfg(test)]
mod leads_import;
#[cfg(test)]
mod leads_import_faults;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unsubscribe;
