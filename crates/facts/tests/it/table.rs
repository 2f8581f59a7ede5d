use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use domain::period::Date;
use facts::table::{Column, Table, TableError, Values};

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

#[test]
fn a_table_becomes_a_parquet_file_with_its_notes() {
    let table = Table::new(vec![
        column("nama", Values::Text(vec![Some("Batam".into()), None])),
        column("jumlah", Values::Integer(vec![Some(3), None])),
        column("suhu", Values::Decimal(1, vec![Some(125), None])),
        column("tanggal", Values::Date(vec![Some(Date(0)), None])),
        column("benar", Values::Bool(vec![Some(true), None])),
        column("isi", Values::Bytes(vec![Some(vec![1, 2]), None])),
    ])
    .unwrap();
    let notes = [("sumber".to_owned(), "uji".to_owned())];
    let file = table.to_parquet(&notes).unwrap();
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), file).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(path.reopen().unwrap()).unwrap();
    let notes = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(notes.iter().any(|note| note.key == "sumber" && note.value.as_deref() == Some("uji")));
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    let shown = pretty_format_batches(&[batch]).unwrap();
    expect_test::expect![[r#"
        +-------+--------+------+------------+-------+------+
        | nama  | jumlah | suhu | tanggal    | benar | isi  |
        +-------+--------+------+------------+-------+------+
        | Batam | 3      | 12.5 | 1970-01-01 | true  | 0102 |
        |       |        |      |            |       |      |
        +-------+--------+------+------------+-------+------+"#]]
    .assert_eq(&shown.to_string());
}

#[test]
fn columns_must_fit() {
    let short = Table::new(vec![
        column("a", Values::Integer(vec![Some(1)])),
        column("b", Values::Integer(vec![])),
    ]);
    assert!(matches!(short, Err(TableError::Length { rows: 0, expected: 1, .. })));
    let twice = Table::new(vec![
        column("a", Values::Integer(vec![])),
        column("a", Values::Integer(vec![])),
    ]);
    assert!(matches!(twice, Err(TableError::Twice { .. })));
    let deep = Table::new(vec![column("a", Values::Decimal(30, vec![Some(1)]))]).unwrap();
    assert!(matches!(deep.to_parquet(&[]), Err(TableError::Scale { scale: 30, .. })));
}
