//! Hiding small cells of tables about people so that they can't be solved from the rest.
//!
//! A table with its totals is one larger table in which every row and every column adds up to
//! zero (totals count negatively). Hidden cells are edges of a graph between rows and columns. A
//! hidden cell is safe when its value can be shifted by one and the shift be made good along a
//! closed path of other hidden cells, all of which stay at least 1: then another table has the
//! same published numbers. A cell that isn't safe gets the cheapest such path, by hiding more.

/// Work beyond which a table gives up its totals instead: the square of large tables is slow.
const STEPS_MAX: usize = 200_000_000;

/// A table about to be published.
#[derive(Clone, Debug)]
pub(super) struct Published<'a> {
    /// Counts, row by row; none is no fact.
    pub(super) cells: &'a [Option<i128>],
    /// How many columns.
    pub(super) columns: usize,
    /// The totals of rows are published.
    pub(super) row_totals: bool,
    /// The totals of columns are published.
    pub(super) column_totals: bool,
    /// Counts from 1 to below this are small.
    pub(super) below: i128,
}

/// What must be hidden of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) cells: Vec<bool>,
    pub(super) row_totals: Vec<bool>,
    pub(super) column_totals: Vec<bool>,
    pub(super) all: bool,
    /// The cells can't be protected while totals stand: publish none.
    pub(super) no_totals: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Shown,
    Hidden,
    /// Never published, so it may be anything.
    Free,
}

/// The table with its totals as last row and last column.
struct Extended {
    rows: usize,
    columns: usize,
    values: Vec<i128>,
    status: Vec<Status>,
}

/// Which way a cell is shifted, in the table whose rows and columns add up to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shift {
    Up,
    Down,
}

impl Shift {
    fn other(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// Decides what to hide.
pub(super) fn hide(table: &Published<'_>) -> Hidden {
    let mut extended = Extended::new(table);
    extended.hide_small(table.below);
    let protected = extended.protect();
    if !protected {
        extended = Extended::new(table);
        extended.hide_small(table.below);
    }
    let (rows, columns) = (extended.rows - 1, extended.columns - 1);
    let hidden = |row: usize, column: usize| extended.status_at(row, column) != Status::Shown;
    Hidden {
        cells: (0..rows)
            .flat_map(|r| (0..columns).map(move |c| (r, c)))
            .map(|(r, c)| hidden(r, c))
            .collect(),
        row_totals: (0..rows).map(|row| hidden(row, columns)).collect(),
        column_totals: (0..columns).map(|column| hidden(rows, column)).collect(),
        all: hidden(rows, columns),
        no_totals: !protected,
    }
}

impl Extended {
    fn new(table: &Published<'_>) -> Self {
        let columns = table.columns;
        let rows = table.cells.len().checked_div(columns).unwrap_or(0);
        let mut extended = Self {
            rows: rows + 1,
            columns: columns + 1,
            values: vec![0; (rows + 1) * (columns + 1)],
            status: vec![Status::Shown; (rows + 1) * (columns + 1)],
        };
        for row in 0..rows {
            for column in 0..columns {
                let value = table.cells[row * columns + column].unwrap_or(0);
                for (r, c) in [(row, column), (row, columns), (rows, column), (rows, columns)] {
                    let at = extended.at(r, c);
                    extended.values[at] = extended.values[at].saturating_add(value);
                }
            }
        }
        for row in 0..=rows {
            for column in 0..=columns {
                let in_rows = column < columns || table.row_totals;
                let in_columns = row < rows || table.column_totals;
                let at = extended.at(row, column);
                if !(in_rows && in_columns) {
                    extended.status[at] = Status::Free;
                }
            }
        }
        extended
    }

    fn at(&self, row: usize, column: usize) -> usize {
        row * self.columns + column
    }

    fn status_at(&self, row: usize, column: usize) -> Status {
        self.status[self.at(row, column)]
    }

    fn hide_small(&mut self, below: i128) {
        for (value, status) in self.values.iter().zip(&mut self.status) {
            let small = *value != 0 && value.saturating_abs() < below;
            if small && *status == Status::Shown {
                *status = Status::Hidden;
            }
        }
    }

    /// Whether a cell could be shifted by one unseen, were it hidden.
    fn can(&self, row: usize, column: usize, shift: Shift) -> bool {
        let at = self.at(row, column);
        if self.status[at] == Status::Free {
            return true;
        }
        let margin = (row == self.rows - 1) != (column == self.columns - 1);
        let up = if margin { shift == Shift::Down } else { shift == Shift::Up };
        // A reader may know that what is hidden isn't zero.
        let value = self.values[at];
        if up { value != 0 } else { !(0..2).contains(&value) }
    }

    /// Hides more until every hidden cell is safe; false if that can't be.
    fn protect(&mut self) -> bool {
        let mut steps = 0;
        loop {
            let mut changed = false;
            for row in 0..self.rows {
                for column in 0..self.columns {
                    if self.status_at(row, column) != Status::Hidden {
                        continue;
                    }
                    steps += self.status.len();
                    if steps > STEPS_MAX {
                        return false;
                    }
                    match self.closed_path(row, column) {
                        None => return false,
                        Some(path) => {
                            for at in path {
                                if self.status[at] == Status::Shown {
                                    self.status[at] = Status::Hidden;
                                    changed = true;
                                }
                            }
                        }
                    }
                }
            }
            if !changed {
                return true;
            }
        }
    }

    /// The cells of the cheapest closed path through a cell, besides it.
    fn closed_path(&self, row: usize, column: usize) -> Option<Vec<usize>> {
        let shifts = [Shift::Up, Shift::Down].into_iter();
        let shifts = shifts.filter(|shift| self.can(row, column, *shift));
        shifts.filter_map(|shift| self.cheapest(row, column, shift)).min().map(|(_, path)| path)
    }

    /// From the cell's column back to its row. In a column the shift is made good by the
    /// opposite, in a row again by the same (Dijkstra; nodes are rows, then columns).
    fn cheapest(&self, row: usize, column: usize, shift: Shift) -> Option<(u64, Vec<usize>)> {
        let nodes = self.rows + self.columns;
        let mut cost = vec![u64::MAX; nodes];
        let mut from: Vec<Option<(usize, usize)>> = vec![None; nodes];
        let mut done = vec![false; nodes];
        cost[self.rows + column] = 0;
        loop {
            let open = (0..nodes).filter(|node| !done[*node] && cost[*node] < u64::MAX);
            let node = open.min_by_key(|node| cost[*node])?;
            if node == row {
                break;
            }
            done[node] = true;
            let in_column = node >= self.rows;
            for other in if in_column { 0..self.rows } else { self.rows..nodes } {
                let (r, c) = if in_column { (other, node) } else { (node, other) };
                let c = c - self.rows;
                let needed = if in_column { shift.other() } else { shift };
                if (r, c) == (row, column) || done[other] || !self.can(r, c, needed) {
                    continue;
                }
                let total = cost[node].saturating_add(self.price(r, c));
                if total < cost[other] {
                    cost[other] = total;
                    from[other] = Some((node, self.at(r, c)));
                }
            }
        }
        let mut path = Vec::new();
        let mut node = row;
        while let Some((before, at)) = from[node] {
            path.push(at);
            node = before;
        }
        Some((cost[row], path))
    }

    /// What hiding a cell costs: nothing if it is hidden, else its value, and totals more.
    fn price(&self, row: usize, column: usize) -> u64 {
        let at = self.at(row, column);
        if self.status[at] != Status::Shown {
            return 0;
        }
        let total = row == self.rows - 1 || column == self.columns - 1;
        let value = u64::try_from(self.values[at].saturating_abs()).unwrap_or(1 << 40);
        value.min(1 << 40) + if total { 1 << 41 } else { 0 }
    }
}
