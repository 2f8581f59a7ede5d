//! The only way to the terminal: results to standard output, everything else to standard error.

pub(crate) mod figure;
pub(crate) mod watch;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::messages::{self, Lang};

/// Where a command writes, and how.
#[derive(Debug)]
pub struct Output {
    /// The language of sentences.
    pub lang: Lang,
    /// Results are JSON, for a program.
    pub json: bool,
    /// No progress and no remarks.
    pub quiet: bool,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Standard,
    Captured(Captured),
}

/// What a command wrote, for tests.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// What went to standard output.
    #[must_use]
    pub fn out(&self) -> String {
        text_of(&self.out)
    }

    /// What went to standard error.
    #[must_use]
    pub fn err(&self) -> String {
        text_of(&self.err)
    }
}

fn text_of(bytes: &Mutex<Vec<u8>>) -> String {
    let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Output {
    /// To the terminal.
    #[must_use]
    pub fn standard() -> Self {
        Self { lang: Lang::default(), json: false, quiet: false, sink: Sink::Standard }
    }

    /// To memory.
    #[must_use]
    pub fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        let sink = Sink::Captured(captured.clone());
        (Self { lang: Lang::default(), json: false, quiet: false, sink }, captured)
    }

    /// A line of the result.
    pub fn line(&self, text: impl Display) -> io::Result<()> {
        self.write(format!("{text}\n").as_bytes())
    }

    /// Bytes of the result.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.sink {
            Sink::Standard => io::stdout().lock().write_all(bytes),
            Sink::Captured(captured) => append(&captured.out, bytes),
        }
    }

    /// The result as JSON, on several lines.
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    /// The result as JSON, on one line.
    pub fn json_line(&self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string(value)?)
    }

    /// A sentence of the result, by key.
    pub fn say(&self, key: &str, values: &[(&str, &dyn Display)]) -> io::Result<()> {
        self.line(messages::say(self.lang, key, values))
    }

    /// The text of a key.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        messages::text(self.lang, key)
    }

    /// A remark, by key; not when quiet.
    pub fn remark(&self, key: &str, values: &[(&str, &dyn Display)]) -> io::Result<()> {
        if self.quiet { Ok(()) } else { self.complain(messages::say(self.lang, key, values)) }
    }

    /// A line to standard error.
    pub fn complain(&self, text: impl Display) -> io::Result<()> {
        let line = format!("{text}\n");
        match &self.sink {
            Sink::Standard => io::stderr().lock().write_all(line.as_bytes()),
            Sink::Captured(captured) => append(&captured.err, line.as_bytes()),
        }
    }

    /// A table: columns are aligned, numbers to the right.
    pub fn table(&self, heads: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        self.write(table(heads, rows).as_bytes())
    }

    /// A progress bar, drawn only on a terminal; its label is a message's key.
    #[must_use]
    pub fn progress(&self, key: &str, len: Option<u64>) -> ProgressBar {
        let standard = matches!(self.sink, Sink::Standard);
        if self.quiet || !standard || !io::stderr().is_terminal() {
            return ProgressBar::with_draw_target(len, ProgressDrawTarget::hidden());
        }
        let shape = match len {
            Some(_) => "{msg} {bar:30} {human_pos}/{human_len} · {per_sec} · {eta}",
            None => "{msg} {spinner} {human_pos} · {per_sec}",
        };
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr());
        bar.set_style(
            ProgressStyle::with_template(shape).expect("invariant: the templates are constant"),
        );
        bar.set_message(messages::text(self.lang, key));
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

fn append(to: &Mutex<Vec<u8>>, bytes: &[u8]) -> io::Result<()> {
    to.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    Ok(())
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        cells.chain([heads[column]]).map(console::measure_text_width).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let right: Vec<bool> = (0..heads.len()).map(|column| all_numbers(rows, column)).collect();
    let mut text = String::new();
    let mut push = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| pad(cell, widths[column], right[column]))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    };
    push(heads.to_vec());
    for row in rows {
        push(row.iter().take(heads.len()).map(String::as_str).collect());
    }
    text
}

fn all_numbers(rows: &[Vec<String>], column: usize) -> bool {
    let number = |cell: &String| {
        cell.is_empty() || cell == "–" || cell.chars().all(|c| "0123456789.,-+ %".contains(c))
    };
    !rows.is_empty() && rows.iter().filter_map(|row| row.get(column)).all(number)
}

fn pad(cell: &str, width: usize, right: bool) -> String {
    let gap = " ".repeat(width.saturating_sub(console::measure_text_width(cell)));
    if right { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn tables_align() {
        let rows = [("Kota Batam", "11.120"), ("Bintan", "2.680"), ("Lingga", "–")];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|(name, n)| vec![(*name).to_owned(), (*n).to_owned()]).collect();
        expect![[r"
            kantor       dosis
            Kota Batam  11.120
            Bintan       2.680
            Lingga           –
        "]]
        .assert_eq(&table(&["kantor", "dosis"], &rows));
    }
}
