//! Where the objects are.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// An object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
}

/// All objects, by their names: in memory, or each a file of a folder, whose first line is the object's media type.
#[derive(Debug)]
pub(super) enum Objects {
    Memory(BTreeMap<String, Object>),
    Folder(PathBuf),
}

impl Default for Objects {
    fn default() -> Self {
        Self::Memory(BTreeMap::new())
    }
}

impl Objects {
    pub(super) fn get(&self, key: &str) -> Option<Object> {
        match self {
            Self::Memory(objects) => objects.get(key).cloned(),
            Self::Folder(folder) => {
                let mut content = Bytes::from(fs::read(path(folder, key)?).ok()?);
                let line = content.split_to(content.iter().position(|byte| *byte == b'\n')?);
                Some(Object { content_type: String::from_utf8(line.to_vec()).ok()?, bytes: content.slice(1..) })
            }
        }
    }

    pub(super) fn put(&mut self, key: &str, object: Object) -> io::Result<()> {
        match self {
            Self::Memory(objects) => drop(objects.insert(key.to_owned(), object)),
            Self::Folder(folder) => {
                let path = path(folder, key).ok_or(io::ErrorKind::InvalidInput)?;
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                // Complete or not there: a process may end at any moment.
                let beside = path.with_extension("part");
                fs::write(&beside, [object.content_type.as_bytes(), b"\n", &object.bytes].concat())?;
                fs::rename(beside, path)?;
            }
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str) -> io::Result<()> {
        match self {
            Self::Memory(objects) => drop(objects.remove(key)),
            Self::Folder(folder) => match path(folder, key).map(fs::remove_file) {
                Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            },
        }
        Ok(())
    }

    /// The names of all, in order.
    pub(super) fn keys(&self) -> Vec<String> {
        let Self::Folder(folder) = self else {
            let Self::Memory(objects) = self else { return Vec::new() };
            return objects.keys().cloned().collect();
        };
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let within = |owner: String| {
            let files = names(&folder.join(&owner)).into_iter();
            files.map(move |file| format!("{owner}/{file}")).collect::<Vec<_>>()
        };
        let mut keys = names(folder).into_iter().flat_map(within).collect::<Vec<_>>();
        keys.sort();
        keys
    }
}

/// The file of an object, if its name leads to one below the folder.
fn path(folder: &Path, key: &str) -> Option<PathBuf> {
    let is_plain = |part: &str| {
        !part.is_empty() && part.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    key.split('/').all(is_plain).then(|| folder.join(key))
}
