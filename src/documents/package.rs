//! Finding parts inside an Office package (OPC, ECMA-376 part 2) by their relationships, for docx and xlsx alike.

use super::archive::Archive;
use super::error::DocumentError;
use super::format::Content;
use super::xml::XmlReader;

/// Relationships of one part; no office program comes near.
const MAX_RELATIONSHIPS: usize = 10_000;

/// A link from one part to another inside the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// Its id in the part that it starts from.
    pub id: String,
    /// The last step of its type's URI: `styles`, `worksheet`, … (the same in transitional and strict files).
    pub kind: String,
    /// The full name of the part it leads to, without leading slash.
    pub target: String,
}

/// An open package, with the name of its main part.
#[derive(Debug)]
pub struct Package<'a> {
    archive: Archive<'a>,
    main_part: String,
    content: Content,
}

impl<'a> Package<'a> {
    /// Opens the package in `bytes`.
    ///
    /// # Errors
    /// [`DocumentError::Archive`] or [`DocumentError::Xml`]; [`DocumentError::Macros`] where it holds a VBA project.
    pub fn open(bytes: &'a [u8]) -> Result<Package<'a>, DocumentError> {
        let mut archive = Archive::open(bytes)?;
        if archive.names().any(|name| name.ends_with("vbaproject.bin")) {
            return Err(DocumentError::Macros);
        }
        let main_part = relationships(&mut archive, "")?
            .into_iter()
            .find(|relationship| relationship.kind == "officeDocument")
            .map(|relationship| relationship.target)
            .unwrap_or_default();
        let content = match main_part.split_once('/') {
            Some(("word", _)) => Content::Docx,
            Some(("xl", _)) => Content::Xlsx,
            _ => Content::Zip,
        };
        Ok(Package {
            archive,
            main_part,
            content,
        })
    }

    /// Which kind of package this is; [`Content::Zip`] for anything but Word and Excel.
    pub fn content(&self) -> Content {
        self.content
    }

    /// The name of the main part (`word/document.xml`, `xl/workbook.xml`).
    pub fn main_part(&self) -> &str {
        &self.main_part
    }

    /// What `part` links to inside the package; empty where it links to nothing.
    ///
    /// # Errors
    /// [`DocumentError::Archive`], [`DocumentError::Xml`].
    pub fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, DocumentError> {
        relationships(&mut self.archive, part)
    }

    /// What `read` makes of the XML in `part`; `None` where there is no such part.
    ///
    /// # Errors
    /// [`DocumentError::Archive`], and what `read` returns.
    pub fn read<T>(
        &mut self,
        part: &str,
        read: impl FnOnce(&mut XmlReader<'_>) -> Result<T, DocumentError>,
    ) -> Result<Option<T>, DocumentError> {
        read_part(&mut self.archive, part, read)
    }
}

fn read_part<T>(
    archive: &mut Archive<'_>,
    part: &str,
    read: impl FnOnce(&mut XmlReader<'_>) -> Result<T, DocumentError>,
) -> Result<Option<T>, DocumentError> {
    let Some(entry) = archive.entry(part)? else {
        return Ok(None);
    };
    let mut xml = XmlReader::new(part, entry);
    let value = read(&mut xml)?;
    // Only at its end does a part show whether it is whole: the root must be closed, and the checksum right.
    xml.finish()?;
    Ok(Some(value))
}

fn relationships(
    archive: &mut Archive<'_>,
    part: &str,
) -> Result<Vec<Relationship>, DocumentError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let list = resolved(folder, &format!("_rels/{file}.rels"));
    let found = read_part(archive, &list, |xml| {
        let mut found = Vec::new();
        // The list's root element, then its children.
        if xml.next_child()?.is_none() {
            return Ok(found);
        }
        while let Some(element) = xml.next_child()? {
            let external = element.attribute("TargetMode") == Some("External");
            if let (false, Some(id), Some(kind), Some(target)) = (
                external || found.len() >= MAX_RELATIONSHIPS,
                element.attribute("Id"),
                element.attribute("Type"),
                element.attribute("Target"),
            ) {
                found.push(Relationship {
                    id: id.to_owned(),
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: resolved(folder, target),
                });
            }
            xml.skip()?;
        }
        Ok(found)
    })?;
    Ok(found.unwrap_or_default())
}

/// `target` as seen from `folder`: absolute with a leading slash, else relative. A `..` above the root stays there.
fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').collect()
    };
    for step in target.split('/') {
        match step {
            ".." => {
                steps.pop();
            }
            "." => {}
            step => steps.push(step),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn targets_are_resolved_from_the_folder_of_their_part() {
        let table = [
            ("word", "styles.xml", "word/styles.xml"),
            ("word", "/word/styles.xml", "word/styles.xml"),
            (
                "xl/worksheets",
                "../sharedStrings.xml",
                "xl/sharedStrings.xml",
            ),
            ("", "word/document.xml", "word/document.xml"),
            ("", "_rels/.rels", "_rels/.rels"),
            ("word", "../../../../etc/passwd", "etc/passwd"),
            ("word", "./a//b", "word/a/b"),
        ];
        for (folder, target, expected) in table {
            assert_eq!(resolved(folder, target), expected);
        }
    }
}
