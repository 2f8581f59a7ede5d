//! Reading comma-separated lines (RFC 4180) of the tables of offices.

/// The records of a table, each with the number of its first line. Quoted fields may hold commas,
/// doubled quotes and line breaks; a record of one empty field is skipped.
pub(super) fn records(text: &str) -> Vec<(u32, Vec<String>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let (mut line, mut first_line) = (1_u32, 1_u32);
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line = line.saturating_add(1);
        }
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                finish(&mut records, first_line, &mut record);
                first_line = line;
            }
            _ => field.push(c),
        }
    }
    record.push(field);
    finish(&mut records, first_line, &mut record);
    records
}

fn finish(records: &mut Vec<(u32, Vec<String>)>, line: u32, record: &mut Vec<String>) {
    let record = std::mem::take(record);
    if record.len() > 1 || record.iter().any(|field| !field.is_empty()) {
        records.push((line, record));
    }
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn quotes_hold_commas_quotes_and_lines() {
        let text = "a,b\r\n\"x, \"\"y\"\"\n z\",2\n\n3";
        let lines: Vec<String> =
            records(text).iter().map(|(line, fields)| format!("{line}:{fields:?}")).collect();
        let expected = [r#"1:["a", "b"]"#, r#"2:["x, \"y\"\n z", "2"]"#, r#"5:["3"]"#];
        assert_eq!(lines, expected);
    }
}
