//! Keys: primary, unique and foreign ones.

use super::Table;

#[rustfmt::skip]
pub(super) const TABLE: Table = Table {
    rows: &[
        (r#""primaryKey":{}"#, &[
            "1:175: schema.primaryKey: an object is not an array; write the name of a field, or a list of names",
        ]),
        (r#""primaryKey":"Id""#, &[
            r#"1:175: schema.primaryKey: the schema has no field "Id"; did you mean "id"?"#,
        ]),
        (r#""primaryKey":["id",4]"#, &[
            "1:181: schema.primaryKey[1]: 4 is not a string; write the name of a field",
        ]),
        (r#""uniqueKeys":{"a":1}"#, &[
            "1:175: schema.uniqueKeys: an object is not an array; write a list of keys, each a list of names of fields",
        ]),
        (r#""uniqueKeys":[[]]"#, &[
            "1:176: schema.uniqueKeys[0]: a key without a field; write a list of names of fields",
        ]),
        (r#""foreignKeys":{}"#, &[
            "1:176: schema.foreignKeys: an object is not an array; write a list of foreign keys",
        ]),
        (r#""foreignKeys":["id"]"#, &[
            r#"1:177: schema.foreignKeys[0]: "id" is not an object; write a foreign key with "fields" and "reference""#,
        ]),
        (r#""foreignKeys":[{"fields":"id","reference":"orders"}]"#, &[
            r#"1:204: schema.foreignKeys[0].reference: "orders" is not an object; write {"resource": "countries", "fields": ["code"]}"#,
        ]),
        (r#""foreignKeys":[{"fields":"id","reference":{"fields":[]}}]"#, &[
            "1:214: schema.foreignKeys[0].reference.fields: a foreign key without a field; write the name of a field, or a list of names",
        ]),
        (r#""foreignKeys":[{"fields":["id","qty"],"reference":{"fields":"id"}}]"#, &[
            r#"1:177: schema.foreignKeys[0]: the key has 2 fields, and refers to 1; name as many fields in "fields" as in "reference""#,
        ]),
        (r#""foreignKeys":[{"fields":"day","reference":{"fields":"id"}}]"#, &[
            r#"1:177: schema.foreignKeys[0]: "day" is of the type date, "id" of the type integer: their values are never equal; give both fields one type"#,
        ]),
        (r#""foreignKeys":[{"fields":"id","reference":{"resource":"customers","fields":"id"}}]"#, &[
            r#"1:216: schema.foreignKeys[0].reference.resource: there is no reference table "customers"; name it in sluice.reference with its path and schema"#,
        ]),
        (r#""foreignKeys":[{"fields":"ids","reference":{"fields":"id"}}]"#, &[
            r#"1:187: schema.foreignKeys[0].fields: the schema has no field "ids"; write the name of a field of the schema"#,
        ]),
    ],
    around: |it| format!(r#"{{"name":"orders","schema":{{"fields":[{{"name":"id","type":"integer"}},{{"name":"qty","type":"integer"}},{{"name":"net","type":"number"}},{{"name":"day","type":"date"}}],{it}}}}}"#),
};
