//! `sluice.feedback`.

use super::{Files, good, mistakes};
use crate::descriptor::{DescriptorSource, Expected, FeedbackFormat, FeedbackSettings};
use crate::messages::Language;

fn with(feedback: &str) -> String {
    format!(
        r#"{{"title":"Cases","version":"2.0","schema":{{"fields":[{{"name":"case_id"}},{{"name":"ssn"}}]}},"sluice":{{"redact":["ssn"],"feedback":{feedback}}}}}"#
    )
}

#[test]
fn what_is_not_said_is_usual() {
    assert_eq!(good("{}").settings.feedback, None);
    let expected = FeedbackSettings {
        title: Some("Cases".to_owned()),
        version: Some("2.0".to_owned()),
        ..FeedbackSettings::default()
    };
    assert_eq!(good(&with("{}")).settings.feedback, Some(expected.clone()));
    assert_eq!(expected.formats, [FeedbackFormat::Csv, FeedbackFormat::Xlsx, FeedbackFormat::Html]);
    assert_eq!((expected.language, expected.rows), (Language::English, 10_000));
}

#[test]
fn keys_formats_language_and_rows_are_read() {
    let text = with(r#"{"keys":["case_id"],"formats":["html","csv"],"language":"de","rows":5}"#);
    let feedback = good(&text).settings.feedback.unwrap();
    assert_eq!((feedback.keys, feedback.rows), (vec!["case_id".to_owned()], 5));
    assert_eq!(feedback.formats, [FeedbackFormat::Html, FeedbackFormat::Csv]);
    assert_eq!(feedback.language, Language::German);
}

#[test]
fn a_resource_has_title_and_version_of_its_package() {
    let package = r#"{"title":"All","version":"7","resources":[
        {"name":"a","path":"a.csv","title":"Own","schema":{"fields":[{"name":"x"}]},"sluice":{"feedback":{}}},
        {"name":"b","path":"b.csv","schema":{"fields":[{"name":"x"}]},"sluice":{"feedback":{}}}]}"#;
    let files = Files::default();
    let Ok(DescriptorSource::Package(package)) =
        DescriptorSource::read("p.json", package.as_bytes(), &files, Expected::Resource)
    else {
        panic!("it is a package")
    };
    let named = |index| {
        let feedback = package.resource(index, &files).unwrap().settings.feedback.unwrap();
        (feedback.title.unwrap(), feedback.version.unwrap())
    };
    assert_eq!(named(0), ("Own".to_owned(), "7".to_owned()));
    assert_eq!(named(1), ("All".to_owned(), "7".to_owned()));
}

#[test]
fn mistakes_say_what_to_write() {
    for (feedback, expected) in [
        ("[]", "an array is not an object; write an object"),
        (r#"{"key":["case_id"]}"#, r#"there is no such property; did you mean "keys"?"#),
        (r#"{"keys":["case"]}"#, "the schema has no field \"case\"; write the name of a field of the schema"),
        (r#"{"keys":["caseid"]}"#, "the schema has no field \"caseid\"; did you mean \"case_id\"?"),
        (r#"{"keys":["ssn"]}"#, "\"ssn\" is redacted, so no answer can show it"),
        (r#"{"keys":["case_id","case_id"]}"#, "\"case_id\" appears twice; remove one of them"),
        (r#"{"formats":["pdf"]}"#, "\"pdf\" is not a format for feedback"),
        (r#"{"formats":["csv","csv"]}"#, "the format appears twice; remove one of them"),
        (r#"{"formats":[]}"#, "it is empty; write one or more of \"csv\", \"xlsx\" and \"html\" in a list"),
        (r#"{"language":"fr"}"#, "\"fr\" is not a language of feedback; write one of \"en\", \"de\""),
        (r#"{"rows":0}"#, "1"),
        (r#"{"rows":1000001}"#, "1000000"),
    ] {
        let found = mistakes(&with(feedback));
        assert!(found.len() == 1 && found[0].contains(expected), "{feedback}: {found:?}");
    }
    let keys = r#"{"schema":{"fields":[{"name":"a"}]},"sluice":{"feedback":{"keys":["#.to_owned()
        + &vec!["\"a\""; 21].join(",")
        + "]}}}";
    assert!(mistakes(&keys)[0].contains("a key has at most 20 fields"), "{:?}", mistakes(&keys));
    let no_schema = mistakes(r#"{"sluice":{"feedback":{"keys":["a"]}}}"#);
    assert!(no_schema[0].contains("there is no schema with a field \"a\"; write a schema"), "{no_schema:?}");
}
