//! The keys of KMS.

use super::reader::Reader;

/// Reads the key with which the buckets are encrypted.
pub(super) fn present(reader: &mut Reader<'_>) -> Option<String> {
    let arn = reader.text("kmsKeyArn")?.to_owned();
    check_key(reader, "kmsKeyArn", &arn);
    Some(arn)
}

/// Reads the keys with which they were encrypted before.
pub(super) fn former(reader: &mut Reader<'_>) -> Vec<String> {
    let form = "a list, like [\"arn:aws:kms:eu-central-1:123456789012:key/1234abcd-…\"]";
    let keys: Vec<String> = reader.structure("formerKmsKeyArns", form, |text| serde_json::from_str(text));
    keys.iter().for_each(|arn| check_key(reader, "formerKmsKeyArns", arn));
    keys
}

/// Reports what is wrong with the ARN of a key.
fn check_key(reader: &mut Reader<'_>, setting: &str, arn: &str) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "kms", region, account, key] = parts[..] else {
        let form = "is not the ARN of a key such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-…";
        return reader.fault_of(setting, format!("{arn:?} {form}"));
    };
    if !partition.starts_with("aws") || account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
        reader.fault_of(setting, format!("{arn:?} is not the ARN of a key: its partition or its account is invalid"));
    } else if key.strip_prefix("key/").is_none_or(str::is_empty) {
        reader.fault_of(
            setting,
            format!("{arn:?}: policies cannot name an alias; give the ARN of the key, which ends in key/…"),
        );
    } else if let Some(ours) = reader.region().filter(|ours| *ours != region) {
        reader.fault_of(setting, format!("{arn:?} is in {region} and the stack in {ours}; name a key in {ours}"));
    }
}
