//! Single contents of files, for who wants to look at one and not bring it back.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use super::copies::{ContentReader, Copies, Trouble};
use crate::archive::manifest::{Content, Node};
use crate::archive_path::ArchivePath;
use crate::catalog::{BackupRow, Catalog, CatalogError};

/// Reads contents out of archives, wherever a copy of them is.
#[derive(Debug)]
pub struct Contents<'c> {
    catalog: &'c Catalog,
    copies: Copies,
}

/// Why a content is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The backup has no such file.
    #[error("{path} is no file of the backup")]
    NoFile {
        /// What was asked for.
        path: ArchivePath,
    },
    /// It is larger than whoever asked wants.
    #[error("{path} has {bytes} bytes, more than the {most_bytes} that are wanted")]
    TooLarge {
        /// What was asked for.
        path: ArchivePath,
        /// Its size in bytes.
        bytes: u64,
        /// The most that is wanted.
        most_bytes: u64,
    },
    /// What is stored of it is damaged, or out of reach.
    #[error("{0}")]
    Damaged(String),
    /// There was no room for it, or it could not be written.
    #[error("what was read could not be kept: {0}")]
    Disk(#[from] std::io::Error),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl<'c> Contents<'c> {
    /// Knows all archives of the catalog, without the copies in places that are left out as they do not answer.
    ///
    /// # Errors
    /// [`CatalogError`] when it cannot be read.
    pub fn without(catalog: &'c Catalog, is_left_out: impl Fn(&Path) -> bool) -> Result<Self, CatalogError> {
        let left_out = catalog.places()?.into_iter().filter(|place| is_left_out(&place.path)).map(|place| place.id);
        Ok(Self { catalog, copies: Copies::without(catalog, left_out.collect())? })
    }

    /// The content of a file of a backup as a file without a name, at its beginning. It was compared with what was backed
    /// up. A hard link has the content of the file that it names.
    ///
    /// # Errors
    /// [`ContentError`] when the backup has no such file, or its content is not to be had.
    pub fn file(&self, backup: &BackupRow, path: &ArchivePath, most_bytes: u64) -> Result<File, ContentError> {
        let no_file = || ContentError::NoFile { path: path.clone() };
        let mut node = self.catalog.entry_at(backup, path)?.ok_or_else(no_file)?.entry.node;
        if let Node::HardLink { target, .. } = &node {
            node = self.catalog.entry_at(backup, target)?.ok_or_else(no_file)?.entry.node;
        }
        let Node::File(content) = node else { return Err(no_file()) };
        // What an archive says of its own length is not believed when it is about to be unpacked.
        let bytes = content.size_bytes.max(content.stored_bytes);
        if bytes > most_bytes {
            return Err(ContentError::TooLarge { path: path.clone(), bytes, most_bytes });
        }
        self.read(&content)
    }

    fn read(&self, content: &Content) -> Result<File, ContentError> {
        for archive in content.archives() {
            self.copies.learn(self.catalog, archive)?;
        }
        let mut file = tempfile::tempfile()?;
        let read = ContentReader::new(&self.copies).write(content, &mut file, &std::path::PathBuf::new);
        read.map_err(|trouble| match trouble {
            Trouble::Damaged(why) => ContentError::Damaged(why),
            Trouble::Disk(e) => ContentError::Disk(e),
        })?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}
