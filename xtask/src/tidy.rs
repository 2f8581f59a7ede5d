//! Rules of the house that no compiler checks.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::sh;

/// Lines that a source file may have.
const FILE_LINES_MAX: usize = 500;

/// Which of our crates each may depend on.
fn allowed_edges() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("domain", &[][..]),
        ("store", &["domain"]),
        ("facts", &["domain"]),
        ("node", &["domain", "store", "facts"]),
        ("app", &["node", "domain"]),
        ("sim", &["node", "domain", "store"]),
        ("xtask", &[]),
    ])
}

/// Runs every rule and lists every breach.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut breaches = crate_edges()?;
    for file in sources()? {
        let text = std::fs::read_to_string(sh::root().join(&file))
            .with_context(|| format!("can't read {file}"))?;
        breaches.extend(source_breaches(&file, &text));
    }
    if breaches.is_empty() {
        println!("tidy: nothing to say");
        return Ok(());
    }
    bail!("tidy:\n{}", breaches.join("\n"));
}

fn crate_edges() -> anyhow::Result<Vec<String>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(sh::root().join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let allowed = allowed_edges();
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(may) = allowed.get(name) else {
            breaches.push(format!("{name}: a seventh crate; see ARCHITECTURE.md"));
            continue;
        };
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            if allowed.contains_key(other) && !may.contains(&other) {
                breaches.push(format!("{name} may not depend on {other}"));
            }
        }
    }
    Ok(breaches)
}

fn sources() -> anyhow::Result<Vec<String>> {
    let listed = sh::output(&mut sh::command(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*.ts", "*.svelte"],
    ))?;
    let existing = |file: &&str| sh::root().join(file).is_file();
    Ok(listed.lines().filter(existing).map(str::to_owned).collect())
}

fn source_breaches(file: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let generated = file.ends_with("schema.d.ts");
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX && !generated {
        breaches.push(format!("{file}: {lines} lines, of {FILE_LINES_MAX}; look for a seam"));
    }
    let rules: [(&str, &str, &[&str]); 3] = [
        (
            "Permit::granted(",
            "only the policy grants permits, and a lease in advance",
            &[
                "crates/node/src/policy",
                "crates/domain/src/permit.rs",
                "crates/domain/src/device",
                "crates/sim",
            ],
        ),
        ("{@html", "text from peers is never HTML", &[]),
        (
            "eval(",
            "our content security policy forbids it",
            &["crates/", "web/src/lib/expr", "web/tests"],
        ),
    ];
    for (needle, why, places) in rules {
        let excepted = file == "xtask/src/tidy.rs"
            || in_tests(file)
            || places.iter().any(|place| file.starts_with(place));
        if !excepted {
            let hits = text.lines().enumerate().filter(|(_, line)| line.contains(needle));
            breaches.extend(hits.map(|(at, _)| format!("{file}:{}: {needle}: {why}", at + 1)));
        }
    }
    breaches
}

fn in_tests(file: &str) -> bool {
    Path::new(file).components().any(|part| part.as_os_str() == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_granted_by_the_policy_alone() {
        let text = "let p = Permit::granted(person, office, \"create\");\n";
        assert_eq!(source_breaches("crates/node/src/submit.rs", text).len(), 1);
        assert!(source_breaches("crates/node/src/policy/mod.rs", text).is_empty());
    }

    #[test]
    fn a_long_file_is_a_breach() {
        let text = "x\n".repeat(FILE_LINES_MAX + 1);
        assert_eq!(source_breaches("crates/domain/src/lib.rs", &text).len(), 1);
    }
}
