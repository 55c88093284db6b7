//! Which header means which field of a lead.
//!
//! The names are those of LinkedIn (Connections), HubSpot, Salesforce, Pipedrive, Apollo, Google Contacts (old and
//! new) and Outlook, the usual English ones, and the commonest German, French and Spanish ones. A header is compared
//! by its letters and digits only, so `E-mail 1 - Value`, `first_name` and `FirstName` need no entries of their own;
//! a leading "Person" or "Contact" (Pipedrive, Apollo) is left out where the whole is no known name.

use super::csv::Row;
use super::text::{folded, shortened, single_line};
use super::{FileError, MAX_COLUMNS};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// A field of a lead that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// The full name.
    Name,
    /// The given name, a part of `name`.
    FirstName,
    /// The family name, a part of `name`.
    LastName,
    /// The e-mail address.
    Email,
    /// The employer.
    Company,
    /// The position there.
    Title,
    /// The telephone number.
    Phone,
    /// The address of the LinkedIn profile.
    LinkedinUrl,
    /// Where the lead came from.
    Source,
    /// How far the lead has come.
    Status,
    /// How much the lead matters.
    Priority,
    /// When somebody last spoke with the lead.
    LastContactedAt,
    /// Whatever else is known.
    Notes,
}

impl Field {
    /// The field's name in the API.
    pub(super) fn api_name(self) -> &'static str {
        match self {
            Self::Name | Self::FirstName | Self::LastName => "name",
            Self::Email => "email",
            Self::Company => "company",
            Self::Title => "title",
            Self::Phone => "phone",
            Self::LinkedinUrl => "linkedinUrl",
            Self::Source => "source",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::LastContactedAt => "lastContactedAt",
            Self::Notes => "notes",
        }
    }
}

/// Whether a column is named for its field or only serves where that one is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The column is named for the field: a value that the field cannot take is a fault of the row.
    Own,
    /// The column often has a value for the field (a lifecycle stage for the status): one that the field cannot take
    /// is kept in the notes.
    StandIn,
}

/// What a header means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    pub(super) field: Field,
    pub(super) standing: Standing,
    rank: usize,
}

impl Recognised {
    /// Whether the column says who the lead is; an address on LinkedIn alone names nobody.
    pub(super) fn identifies(&self) -> bool {
        use Field::{Company, Email, FirstName, LastName, Name};
        self.standing == Standing::Own && matches!(self.field, Name | FirstName | LastName | Email | Company)
    }
}

/// Folded names by field, the preferred first: names of the field's own, then stand-ins.
#[rustfmt::skip]
const NAMES: [(Field, &str, &str); 13] = [
    (Field::Name,
        "name fullname contactname leadname displayname person contact contactperson leadcontactperson clientname \
         ansprechpartner vollständigername nomcomplet nombrecompleto",
        "fileas"),
    (Field::FirstName,
        "firstname givenname forename first fname leadfirstname vorname prénom prenom nombre",
        ""),
    (Field::LastName,
        "lastname familyname surname last lname leadlastname nachname familienname nom nomdefamille apellido \
         apellidos",
        ""),
    (Field::Email,
        "email emailaddress primaryemail workemail emailwork businessemail mail leademail email1value email1 \
         email1address emailadresse mailadresse adresseemail courriel correo correoelectrónico correoelectronico",
        "secondaryemail personalemail emailhome homeemail emailother otheremail email2value email2 email2address \
         email3value email3 email3address additionalemailaddresses tertiaryemail"),
    (Field::Company,
        "company companyname organization organisation organizationname organisationname organization1name \
         accountname account employer currentcompany businessname business orgname org leadcompany leadorganization \
         companyaccount firma firmenname unternehmen entreprise société societe empresa",
        "associatedcompany associatedcompanyprimary companynameforemails"),
    (Field::Title,
        "jobtitle position currentposition organizationtitle organization1title currenttitle jobrole designation \
         title berufsbezeichnung jobtitel poste fonction cargo puesto",
        "role occupation funktion titel"),
    (Field::Phone,
        "phone phonenumber workphone phonework businessphone workdirectphone directphone officephone primaryphone \
         mainphone telephone telephonenumber tel mobile mobilephone mobilephonenumber mobilenumber phonemobile cell \
         cellphone leadphone phone1value phone1 telefon telefonnummer rufnummer handy mobil mobilnummer mobiltelefon \
         téléphone teléfono telefono móvil",
        "firstphone homephone phonehome otherphone phoneother corporatephone companyphone whatsappphonenumber \
         whatsapp phone2value phone2 phone3value phone3 businessphone2 homephone2"),
    (Field::LinkedinUrl,
        "linkedinurl linkedin linkedinprofile linkedinprofileurl personlinkedinurl linkedinlink linkedinaddress \
         linkedincontactprofileurl linkedinpublicurl leadlinkedinurl linkedinmemberprofile",
        "linkedinbio url profileurl profilelink profile link website websiteurl website1value webpage"),
    (Field::Source,
        "leadsource source originalsource originaltrafficsource originalsourcetype acquisitionchannel herkunft \
         quelle leadquelle",
        "latestsource latesttrafficsource sourcechannel channel utmsource"),
    (Field::Status,
        "leadstatus status prospectstatus statut estado",
        "lifecyclestage stage leadstage pipelinestage dealstage dealstatus"),
    (Field::Priority,
        "priority leadpriority priorität prioritaet priorité prioridad",
        "rating leadrating importance urgency temperature leadtemperature label labels leadlabel leadlabels"),
    (Field::LastContactedAt,
        "lastcontacted lastcontactedat lastcontactdate lastcontacteddate lastcontact datelastcontacted \
         lastcontactedon lasttouch letzterkontakt derniercontact últimocontacto ultimocontacto",
        "lastactivitydate lastactivity dateoflastactivity lastengagementdate lastinteraction lastinteractiondate"),
    (Field::Notes,
        "notes note comments comment description remarks remark memo message leadnotes bemerkung bemerkungen notiz \
         notizen kommentar kommentare commentaire commentaires remarques notas",
        ""),
];

static BY_NAME: LazyLock<HashMap<&'static str, Recognised>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for (field, own, stand_in) in NAMES {
        let names = own.split_whitespace().map(|name| (name, Standing::Own));
        let names = names.chain(stand_in.split_whitespace().map(|name| (name, Standing::StandIn)));
        for (rank, (name, standing)) in names.enumerate() {
            by_name.insert(name, Recognised { field, standing, rank });
        }
    }
    by_name
});

/// What a header cell means, if it means a field.
pub(super) fn recognise(header: &str) -> Option<Recognised> {
    let name = folded(header);
    let known = |name: &str| BY_NAME.get(name).copied();
    known(&name).or_else(|| known(name.strip_prefix("person").or_else(|| name.strip_prefix("contact"))?))
}

/// A column that may fill a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) standing: Standing,
}

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Columns {
    labels: Vec<String>,
    candidates: BTreeMap<Field, Vec<Candidate>>,
}

impl Columns {
    /// Reads a header. Several columns may fill one field (a business and a mobile telephone); only one that is there
    /// twice by name leaves us guessing and is refused.
    pub(super) fn of(header: &Row) -> Result<Self, FileError> {
        if header.cells.len() > MAX_COLUMNS {
            return Err(FileError::TooManyColumns { limit: MAX_COLUMNS });
        }
        let mut names = HashSet::new();
        let mut labels = Vec::new();
        let mut recognised: BTreeMap<Field, Vec<(Recognised, usize)>> = BTreeMap::new();
        for (index, cell) in header.cells.iter().enumerate() {
            let label = shortened(&single_line(cell), 100);
            if let Some(column) = recognise(cell) {
                if !names.insert(folded(cell)) {
                    return Err(FileError::DuplicateColumn { name: label });
                }
                recognised.entry(column.field).or_default().push((column, index));
            }
            labels.push(label);
        }
        let candidates = recognised.into_iter().map(|(field, mut columns)| {
            columns.sort_by_key(|(column, _)| column.rank);
            let candidate = |(column, index): (Recognised, usize)| Candidate { index, standing: column.standing };
            (field, columns.into_iter().map(candidate).collect())
        });
        Ok(Self { candidates: candidates.collect(), labels })
    }

    /// The columns that may fill a field, the preferred first.
    pub(super) fn candidates(&self, field: Field) -> &[Candidate] {
        self.candidates.get(&field).map_or(&[], Vec::as_slice)
    }

    /// How many columns the header has.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// A column's name as the file spells it, or its number where it has none.
    pub(super) fn label(&self, index: usize) -> String {
        match self.labels.get(index) {
            Some(label) if !label.is_empty() => label.clone(),
            _ => format!("Column {}", index + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(header: &str) -> Option<Field> {
        recognise(header).map(|column| column.field)
    }

    #[test]
    fn every_name_is_folded_and_stands_for_one_field() {
        let mut seen = HashMap::new();
        for (field, own, stand_in) in NAMES {
            for name in own.split_whitespace().chain(stand_in.split_whitespace()) {
                assert_eq!(name, folded(name));
                assert_eq!(seen.insert(name, field), None, "{name} is there twice");
            }
        }
    }

    #[test]
    fn spelling_and_prefixes_do_not_matter() {
        for header in ["E-Mail", "email", " EMAIL ", "E-mail 1 - Value", "Person - Email - Work", "contact_email"] {
            assert_eq!(field(header), Some(Field::Email), "{header}");
        }
        assert_eq!(field("Person - Name"), Some(Field::Name));
        assert_eq!(field("Contact"), Some(Field::Name));
        assert_eq!(field("Person Linkedin Url"), Some(Field::LinkedinUrl));
        assert_eq!(field("Prénom"), Some(Field::FirstName));
        assert_eq!(field("Organization 1 - Title"), Some(Field::Title));
    }

    #[test]
    fn what_is_only_similar_is_not_taken() {
        for header in
            ["Company Linkedin Url", "Email Status", "Connected On", "Create Date", "Contact owner", "Lead - Title", ""]
        {
            assert_eq!(field(header), None, "{header}");
        }
    }
}
