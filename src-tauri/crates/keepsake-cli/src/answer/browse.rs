//! What is in a folder of a backup.

use keepsake_api::{Answer, Item, ItemKind, Listing, PathText, Said};
use keepsake_core::archive::manifest::Node;
use keepsake_core::archive_path::{ArchivePath, shown};
use keepsake_core::catalog::{BackupRow, Catalog, CatalogError, Child, NameKind};

use super::known::{Known, Of, checked_limit, path_in_backup};
use super::refusal::Refused;
use super::search::{folded, read_ahead};
use super::tally::kind_of_name;

/// Larger folders are in the order of bytes, in which they come.
const MOST_SORTED: usize = 50_000;

/// The folder that was looked into last: whoever scrolls asks for the next page of the same.
pub struct Children {
    of: Of,
    folder: ArchivePath,
    all: Vec<Child>,
}

/// Answers what is in a folder, folders first, by name.
pub fn browse(
    known: &mut Known<'_>,
    name: &str,
    folder: Option<&PathText>,
    (offset, limit): (u32, u32),
    from: Option<&PathText>,
) -> Result<Answer, Refused> {
    let limit = checked_limit(limit)?;
    let opened = known.open(from)?;
    let backup = opened.backup(name)?;
    read_ahead(known, &opened, &backup);
    let Some(folder) = folder else {
        let sources = backup.sources.iter().filter(|source| backup.collected(source.name.as_bytes()));
        let all = sources.map(|source| {
            let path = ArchivePath::new(source.name.as_bytes())?;
            item_or_folder(&opened.catalog, &backup, path)
        });
        let all = all.collect::<Result<Vec<Item>, Refused>>()?;
        let total = all.len() as u64;
        let items = all.into_iter().skip(offset as usize).take(limit).collect();
        return Ok(Answer::Browse(Listing { total, items }));
    };
    let folder = path_in_backup(folder)?;
    let of = opened.of(&backup);
    if known.children.as_ref().is_none_or(|known| (&known.of, &known.folder) != (&of, &folder)) {
        known.children = None;
        let mut all = opened.catalog.children(&backup, &folder)?;
        if all.is_empty() && opened.catalog.entry_at(&backup, &folder)?.is_none() {
            return Err(Refused::not_found(Said::new("refused-no-such-file").text("path", folder.to_string())));
        }
        match all.len() <= MOST_SORTED {
            true => all.sort_by_cached_key(|child| (child.kind != NameKind::Folder, folded(&child.name))),
            false => all.sort_by_key(|child| child.kind != NameKind::Folder),
        }
        known.children = Some(Children { of, folder: folder.clone(), all });
    }
    let all = known.children.as_ref().map(|children| &children.all[..]).unwrap_or_default();
    let page = all.iter().skip(offset as usize).take(limit);
    let items = page.map(|child| item_or_folder(&opened.catalog, &backup, folder.join(&child.name)?));
    let items = items.collect::<Result<Vec<Item>, Refused>>()?;
    Ok(Answer::Browse(Listing { total: all.len() as u64, items }))
}

/// A path of a backup; a folder when its own line was lost.
fn item_or_folder(catalog: &Catalog, backup: &BackupRow, path: ArchivePath) -> Result<Item, Refused> {
    let found = item(catalog, backup, &path)?;
    Ok(found.unwrap_or_else(|| described(&path, ItemKind::Folder, 0, 0)))
}

/// A path of a backup as people see it; None when the backup does not have it.
///
/// # Errors
/// When the catalog cannot be read.
pub fn item(catalog: &Catalog, backup: &BackupRow, path: &ArchivePath) -> Result<Option<Item>, CatalogError> {
    let Some(stored) = catalog.entry_at(backup, path)? else { return Ok(None) };
    let entry = stored.entry;
    let (kind, bytes) = match &entry.node {
        Node::Folder => (ItemKind::Folder, 0),
        Node::Symlink(_) => (ItemKind::Link, 0),
        Node::File(content) => (kind_of_name(path.name()), content.size_bytes),
        Node::HardLink { target, .. } => {
            let target = catalog.entry_at(backup, target)?;
            (kind_of_name(path.name()), target.map_or(0, |target| target.entry.size_bytes()))
        }
    };
    Ok(Some(described(path, kind, bytes, entry.facts.mtime.secs)))
}

fn described(path: &ArchivePath, kind: ItemKind, bytes: u64, mtime: i64) -> Item {
    Item {
        path: PathText::of(path.as_bytes()),
        name: shown(path.name()),
        folder: path.parent().map(|folder| folder.to_string()).unwrap_or_default(),
        kind,
        bytes,
        mtime,
    }
}
