//! Archives as other programs write them, and archives that no program should write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::slice::from_ref;

use super::*;
use crate::read::refusal::refusal_of;

/// A file of an archive: name, flags, method, stored bytes, and the text.
#[derive(Clone)]
struct File {
    name: &'static str,
    flags: u16,
    method: u16,
    stored: Vec<u8>,
    text: Vec<u8>,
}

fn plain(name: &'static str, text: &str) -> File {
    File { name, flags: 0, method: 0, stored: text.as_bytes().to_vec(), text: text.as_bytes().to_vec() }
}

fn common(file: &File) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(&file.text);
    let mut bytes = [file.flags.to_le_bytes(), file.method.to_le_bytes(), [0; 2], [0; 2]].concat();
    for number in [crc.sum(), file.stored.len() as u32, file.text.len() as u32] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend((file.name.len() as u16).to_le_bytes());
    bytes
}

/// Returns an archive of `files`, with a directory that lists `listed`.
fn archive(files: &[File], listed: &[File]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend(b"PK\x03\x04\x14\0");
        bytes.extend(common(file));
        bytes.extend([0, 0]);
        bytes.extend(file.name.as_bytes());
        bytes.extend(&file.stored);
    }
    for file in listed {
        bytes.extend(b"PK\x01\x02\x14\0\x14\0");
        bytes.extend(common(file));
        bytes.extend([0; 16]);
        bytes.extend(file.name.as_bytes());
    }
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 16]);
    bytes.extend(b"\x05\0hello");
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = Archive::new(bytes).read_to_end(&mut text);
    read.map(|_| text)
        .map_err(|error| refusal_of(error).map_or_else(|error| error.to_string(), |refusal| refusal.message))
}

#[test]
fn one_file_is_read_with_folders_and_what_macos_adds_around_it() {
    let file = plain("a/data.csv", "a,b\n1,2\n");
    let files = [plain("a/", ""), file.clone(), plain("__MACOSX/a/._data.csv", "xx")];
    assert_eq!(read(&archive(&files, &files)).unwrap(), b"a,b\n1,2\n");
    assert_eq!(read(&archive(from_ref(&file), from_ref(&file))).unwrap(), b"a,b\n1,2\n");
}

#[test]
fn what_is_not_read_is_named() {
    let file = plain("a.csv", "a\n1\n");
    let of = |file: &File| read(&archive(from_ref(file), from_ref(file))).unwrap_err();
    for (message, words) in [
        (of(&File { flags: 1, ..file.clone() }), "\"a.csv\" in the ZIP archive is encrypted"),
        (of(&File { method: 9, ..file.clone() }), "(Deflate64)"),
        (of(&File { flags: 8, ..file.clone() }), "is not compressed and its length is not stated"),
        (of(&File { text: b"b\n1\n".to_vec(), ..file.clone() }), "is damaged"),
        (of(&plain("[Content_Types].xml", "<x/>")), "workbook"),
        (of(&plain("a/", "")), "holds no file"),
        (of(&File { flags: 1, ..plain("../../etc/\u{1b}[31mx", "a") }), "../../etc/\\u{1b}[31mx"),
        (read(&archive(&[], &[])).unwrap_err(), "holds no file"),
    ] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn several_files_are_refused_with_their_names() {
    let (one, other) = (plain("a.csv", "a\n1\n"), plain("b.csv", "b\n2\n"));
    let files = [one.clone(), other.clone()];
    let message = read(&archive(&files, &files)).unwrap_err();
    assert!(message.contains("\"a.csv\", \"b.csv\""), "{message}");
    // A program that begins with the directory would see another file, or two.
    let message = read(&archive(from_ref(&one), &files)).unwrap_err();
    assert!(message.contains("more than one file"), "{message}");
    let message = read(&archive(from_ref(&one), from_ref(&other))).unwrap_err();
    assert!(message.contains("its data are those of \"a.csv\", its directory says \"b.csv\""), "{message}");
}

/// Returns the text of one file of an archive, with at most `most_passed` bytes of other files skipped.
fn member(bytes: &[u8], name: &str, most_passed: u64) -> Result<String, String> {
    let mut text = String::new();
    let read = Archive::of_member(bytes, Some(name), most_passed).read_to_string(&mut text);
    read.map(|_| text)
        .map_err(|error| refusal_of(error).map_or_else(|error| error.to_string(), |refusal| refusal.message))
}

#[test]
fn one_file_of_several_is_read_by_its_name() {
    let files = [plain("a.csv", "a\n1\n"), plain("x/", ""), plain("x/b.csv", "b\n2\n"), plain("c.csv", "c\n3\n")];
    let bytes = archive(&files, &files);
    for (name, text) in [("a.csv", "a\n1\n"), ("x/b.csv", "b\n2\n"), ("c.csv", "c\n3\n")] {
        assert_eq!(member(&bytes, name, 8).unwrap(), text, "{name}");
    }
    assert!(
        member(&bytes, "c.csv", 7)
            .unwrap_err()
            .contains("\"x/b.csv\" in the ZIP archive is too large to be passed over")
    );
    let message = member(&bytes, "b.csv", 100).unwrap_err();
    assert!(
        message.contains(r#"has no file "b.csv" (innerpath of the resource); it holds "a.csv", "x/b.csv", "c.csv""#),
        "{message}"
    );
    assert_eq!(member(&archive(&files[..1], &files[..1]), "a.csv", 0).unwrap(), "a\n1\n");
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let files = [plain("a.csv", "a\n1\n"), plain("a.csv", "a\n2\n")];
    let message = member(&archive(&files, &files), "a.csv", 100).unwrap_err();
    assert!(message.contains("holds two files \"a.csv\""), "{message}");
    // A program that begins with the directory would find another file.
    let message = member(&archive(&files[..1], &[plain("b.csv", "")]), "a.csv", 100).unwrap_err();
    assert!(message.contains("is damaged"), "{message}");
    let message = member(&archive(&files[..1], &files), "a.csv", 100).unwrap_err();
    assert!(message.contains("more than one file"), "{message}");
}
