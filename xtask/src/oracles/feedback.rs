//! Reads the answers for senders with DuckDB, openpyxl and LibreOffice.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::python::Python;
use crate::{debian, program};

/// The spreadsheet program, and the Debian package of it that needs no display.
const OFFICE: &str = "/usr/bin/soffice";
const PACKAGE: &str = "libreoffice-calc-nogui";

/// Rows that programs are likely to change, execute or misread.
const HOSTILE: &str = "\
id,qty,note\n007,x,=1+1\n1E5,x,\"=cmd|' /C calc'!A0\"\n'quoted,x,@SUM(1)\n\" 7\",x,\"\ttab\"\n1-2,x,\"two\nlines\"\n3/4,x,\"carriage\r\nreturn\"\n\
\"<script>alert(1)</script>\",x,\"</td><img src=x onerror=alert(1)>\"\nTRUE,x,\u{202e}evil\u{2066}\n00,x,_x0041_\n-5,x,\"comma, quote \"\" and\"\n\
1.50,x,\u{1}\u{1f}\u{7f}\n２,x,#N/A\nMARCH1,x, \n12345678901234567890,x,+49 30 1\n\u{feff}1,x,\u{0}\n5,7,fine\n\
2024-01-02T10:00:00.123456,x,\"Saturday, March 5, 2022\"\n\"Mar 5, 2022 10:30 PM\",x,2022-03-05T24:00:00\n5 Mar,x,a;=1+1\n";

/// Checks that the values in the answer are those that were sent: for this file, and for a hostile one.
pub(super) fn check(sluice: &Path, python: &Python, file: &Path, resource: &Path) -> Result<()> {
    debian::provide(&[OFFICE], &[PACKAGE])?;
    let folder = tempfile::tempdir().context("cannot make a folder for outputs")?;
    let text = fs::read_to_string(resource).with_context(|| format!("cannot read {}", resource.display()))?;
    let mut descriptor: Value = serde_json::from_str(&text).context("the descriptor is no JSON")?;
    let key = descriptor["schema"]["fields"][0]["name"].clone();
    descriptor["sluice"]["feedback"] = json!({ "keys": [key] });
    let asking = folder.path().join("resource.json");
    write(&asking, &descriptor.to_string())?;
    compare(sluice, python, file, &asking, folder.path())?;

    let fields = json!([{ "name": "id" }, { "name": "qty", "type": "integer" }, { "name": "note" }]);
    let descriptor = json!({ "schema": { "fields": fields }, "sluice": { "feedback": { "keys": ["id"] } } });
    let hostile = folder.path().join("hostile.csv");
    write(&hostile, HOSTILE)?;
    let long = format!("{HOSTILE}long,x,{}\n", "long ".repeat(6_000));
    write(&hostile, &long)?;
    write(&asking, &descriptor.to_string())?;
    compare(sluice, python, &hostile, &asking, folder.path())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn compare(sluice: &Path, python: &Python, file: &Path, resource: &Path, folder: &Path) -> Result<()> {
    let (rejects, answers) = (folder.join("rejects.jsonl"), folder.join("answers"));
    program::output(
        Command::new(sluice)
            .args(["check", "--format", "json", "--resource"])
            .arg(resource)
            .arg("--rejects")
            .arg(&rejects)
            .arg("--feedback")
            .arg(format!("{}/", answers.display()))
            .arg(file),
    )?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let forms = ["csv", "xlsx", "html"].map(|form| answers.join(format!("{name}.{form}")));
    let mut script = python.script("xtask/oracles/feedback.py");
    let said = program::output(script.arg(OFFICE).arg(resource).arg(&rejects).args(forms))?;
    print!("{said}");
    Ok(())
}
