//! The name of a deployment, of which names of buckets and roles are made.

use super::reader::Reader;

/// Most characters of the name of a stack, together with the name of the project: names of buckets and roles are made of it. The
/// longest beginning of a name of a bucket, `NAME-source-`, has the 37 characters that the provider accepts.
/// <https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/> (bucketPrefix)
const NAME_CHARS: usize = 29;
/// The same with a bucket for answers: its name begins with `NAME-feedback-`.
const NAME_CHARS_WITH_FEEDBACK: usize = 27;

/// Returns the name of project and stack, which must fit into the names of resources.
pub(super) fn read(reader: &mut Reader<'_>, project: &str, stack: &str, feedback_bucket: bool) -> String {
    let name = format!("{project}-{stack}");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let (most, why) = match feedback_bucket {
        true => (NAME_CHARS_WITH_FEEDBACK, " with `feedbackBucket`"),
        false => (NAME_CHARS, ""),
    };
    if name.len() > most || !name.chars().all(plain) || name.ends_with('-') {
        reader.fault(format!(
            "the stack is called {stack:?}, so the names of buckets and roles begin with {name:?}; this may have lower-case \
             letters, digits and dashes, at most {most} characters{why}, and no dash at the end"
        ));
    }
    name
}
