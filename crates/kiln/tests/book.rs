//! The pages of `docs/`: each is in the book, and each link leads somewhere.

#![allow(clippy::unwrap_used)] // beside the test functions, too

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All pages below `folder`.
fn pages(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.insert(path);
        }
    }
}

/// Where the links and pictures of `page` lead that are files, with the page's folder before them. What stands between backticks or in
/// a program is no link.
fn links(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    let mut found = Vec::new();
    // Every second part is a program, as one between fences is, too.
    for prose in text.split('`').step_by(2).collect::<Vec<_>>().join("").split("](").skip(1) {
        let target = prose.split(')').next().unwrap().split('#').next().unwrap();
        if !target.is_empty() && !target.contains("://") {
            found.push(page.parent().unwrap().join(target));
        }
    }
    found
}

#[test]
fn each_page_is_in_the_book() {
    let docs = root().join("docs");
    let mut all = BTreeSet::new();
    pages(&docs, &mut all);
    let summary = docs.join("SUMMARY.md");
    assert!(all.remove(&summary));
    let listed: Vec<PathBuf> = links(&summary);
    let set: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), set.len(), "a page is listed twice");
    assert_eq!(set, all);
}

#[test]
fn each_link_leads_somewhere() {
    let mut all = BTreeSet::new();
    pages(&root().join("docs"), &mut all);
    all.insert(root().join("README.md"));
    let broken: Vec<_> = all.iter().flat_map(|page| links(page).into_iter().filter(|to| !to.exists()).map(move |to| (page, to))).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(all.iter().map(|page| links(page).len()).sum::<usize>() > 100);
}
