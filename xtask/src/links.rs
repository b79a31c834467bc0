//! Checks the links of the documentation: each one leads to a file of the repository, and to a heading in
//! that file.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use anyhow::{Context as _, Result};

    use crate::cache;

    /// A link, with its target as written.
    #[derive(Debug, PartialEq, Eq)]
    struct Link {
        line: usize,
        target: String,
    }

    /// Returns the links of a page, `[text](target)`, except for links in code.
    fn links(text: &str) -> Vec<Link> {
        let mut links = Vec::new();
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            }
            if is_code {
                continue;
            }
            // Text between back quotes is code, too.
            let prose: String = line.split('`').step_by(2).collect();
            for part in prose.split("](").skip(1) {
                if let Some((target, _)) = part.split_once(')') {
                    links.push(Link { line: number + 1, target: target.to_owned() });
                }
            }
        }
        links
    }

    /// Returns the anchors of a page's headings, as GitHub and mdBook make them.
    fn anchors(text: &str) -> BTreeSet<String> {
        let mut is_code = false;
        let headings = text.lines().filter(move |line| {
            if line.starts_with("```") {
                is_code = !is_code;
            }
            !is_code && line.starts_with('#')
        });
        let anchor = |heading: &str| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        headings.map(anchor).collect()
    }

    fn pages() -> Result<Vec<PathBuf>> {
        let checkout = cache::checkout();
        let mut pages = Vec::new();
        for folder in [".", "docs", "examples", "tests/emulator"] {
            let folder = checkout.join(folder);
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "md") {
                    pages.push(path);
                }
            }
        }
        Ok(pages)
    }

    /// Returns the fault of a link of this page; `None` if the link is right or leads out of the repository.
    fn fault(page: &Path, link: &Link) -> Option<String> {
        if link.target.contains("://") || link.target.starts_with("mailto:") {
            return None;
        }
        let (file, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
        let path = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
        if !path.exists() {
            return Some("there is no such file".to_owned());
        }
        if anchor.is_empty() {
            return None;
        }
        let text = fs::read_to_string(&path).ok()?;
        (!anchors(&text).contains(anchor)).then(|| "there is no such heading".to_owned())
    }

    #[test]
    fn each_link_leads_somewhere() -> Result<()> {
        let mut faults = Vec::new();
        let mut count = 0;
        for page in pages()? {
            let text = fs::read_to_string(&page)?;
            for link in links(&text) {
                count += 1;
                if let Some(fault) = fault(&page, &link) {
                    faults.push(format!("{}:{}: {}: {fault}", page.display(), link.line, link.target));
                }
            }
        }
        assert!(count > 50, "{count} links");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        Ok(())
    }

    #[test]
    fn each_page_stands_in_the_summary() -> Result<()> {
        let docs = cache::checkout().join("docs");
        let summary = fs::read_to_string(docs.join("SUMMARY.md"))?;
        let listed: BTreeSet<String> = links(&summary).into_iter().map(|link| link.target).collect();
        let mut there = BTreeSet::new();
        for entry in fs::read_dir(&docs)? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            if name.ends_with(".md") && name != "SUMMARY.md" {
                there.insert(name);
            }
        }
        assert_eq!(listed, there);
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_found() {
        let text = "# A b: c\n[x](#a-b-c) [y](no.md) `[z](z.md)`\n```\n[code](code.md)\n```\n[u](https://example.org/) [v](#d)\n";
        let targets: Vec<String> = links(text).into_iter().map(|link| link.target).collect();
        assert_eq!(targets, ["#a-b-c", "no.md", "https://example.org/", "#d"]);
        assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), ["a-b-c"]);
    }
}
