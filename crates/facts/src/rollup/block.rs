//! Cells of one measure, sorted and packed.

use std::collections::BTreeMap;

use domain::ids::OfficeId;
use domain::period::Date;

use crate::rows::Dims;

/// Cells of one measure, by time, office and dimensions. Immutable: what is added makes another.
///
/// Offices and dimensions stand once, in order; cells name them by number. A sum that passes 64
/// bits stands in several cells of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    offices: Vec<OfficeId>,
    dims: Vec<Dims>,
    /// Each time with the number of the first cell after it.
    times: Vec<(Date, usize)>,
    cells: Cells,
}

/// The columns of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) offices: Vec<u32>,
    pub(super) dims: Vec<u32>,
    pub(super) sums: Vec<i64>,
    pub(super) nets: Vec<i32>,
}

/// One cell: a time, the numbers of an office and of dimensions, and what is added up.
#[derive(Clone, Copy, Debug)]
struct Cell {
    key: (Date, u32, u32),
    sum: i128,
    net: i64,
}

/// What is added up into a block, in any order.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    offices: BTreeMap<OfficeId, u32>,
    dims: BTreeMap<Dims, u32>,
    cells: Vec<Cell>,
}

impl Gathered {
    /// The number by which dimensions are named in [`Gathered::add`].
    pub(super) fn dims(&mut self, dims: Dims) -> u32 {
        let next = number(self.dims.len());
        *self.dims.entry(dims).or_insert(next)
    }

    pub(super) fn add(&mut self, time: Date, office: OfficeId, dims: u32, sum: i128, net: i64) {
        let next = number(self.offices.len());
        let office = *self.offices.entry(office).or_insert(next);
        self.cells.push(Cell { key: (time, office, dims), sum, net });
    }

    /// The block of all that was added.
    pub(super) fn block(self) -> Block {
        let (offices, office_ranks) = ranked(self.offices);
        let (dims, dims_ranks) = ranked(self.dims);
        let mut cells = self.cells;
        for cell in &mut cells {
            let (time, office, dims) = cell.key;
            cell.key = (time, office_ranks[office as usize], dims_ranks[dims as usize]);
        }
        cells.sort_unstable_by_key(|cell| cell.key);
        let mut block = Block { offices, dims, ..Block::default() };
        block.fill(cells.into_iter());
        block
    }
}

/// The values in order, and the place of each number in that order.
fn ranked<T>(numbers: BTreeMap<T, u32>) -> (Vec<T>, Vec<u32>) {
    let mut ranks = vec![0; numbers.len()];
    let values = numbers.into_iter().enumerate().map(|(rank, (value, given))| {
        ranks[given as usize] = number(rank);
        value
    });
    (values.collect(), ranks)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("invariant: cells of a roll-up are limited")
}

impl Block {
    /// How many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.sums.len()
    }

    /// Bytes of one cell in memory.
    pub(super) const CELL_BYTES: usize =
        size_of::<(u32, u32)>() + size_of::<i64>() + size_of::<i32>();

    /// The offices that cells name, by number.
    pub(crate) fn offices(&self) -> &[OfficeId] {
        &self.offices
    }

    /// The dimensions that cells name, by number.
    pub(crate) fn dims(&self) -> &[Dims] {
        &self.dims
    }

    /// The times from one to another that have cells, and the numbers of these.
    pub(crate) fn times(
        &self,
        from: Date,
        to: Date,
    ) -> impl Iterator<Item = (Date, std::ops::Range<usize>)> {
        let begin = self.times.partition_point(|(time, _)| *time < from);
        let before = begin.checked_sub(1).map_or(0, |before| self.times[before].1);
        let times = self.times[begin..].iter().take_while(move |(time, _)| *time <= to);
        times.scan(before, |before, (time, end)| {
            let cells = *before..*end;
            *before = *end;
            Some((*time, cells))
        })
    }

    /// The offices of these cells, by number.
    pub(crate) fn offices_of(&self, cells: std::ops::Range<usize>) -> &[u32] {
        &self.cells.offices[cells]
    }

    /// Office and dimensions by number, sum and weight of these cells.
    pub(crate) fn cells(
        &self,
        cells: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (u32, u32, i64, i32)> {
        let Cells { offices, dims, sums, nets } = &self.cells;
        let names = offices[cells.clone()].iter().zip(&dims[cells.clone()]);
        let added = sums[cells.clone()].iter().zip(&nets[cells]);
        names.zip(added).map(|((office, dims), (sum, net))| (*office, *dims, *sum, *net))
    }

    /// The cells of both.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let (offices, ours, theirs) = united(&self.offices, &other.offices);
        let office_ranks = (ours, theirs);
        let (dims, ours, theirs) = united(&self.dims, &other.dims);
        let mut left = self.named(&office_ranks.0, &ours).peekable();
        let mut right = other.named(&office_ranks.1, &theirs).peekable();
        let both = std::iter::from_fn(|| match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if b.key < a.key => right.next(),
            (None, _) => right.next(),
            (Some(_), _) => left.next(),
        });
        let mut block = Self { offices, dims, ..Self::default() };
        block.fill(both);
        block
    }

    /// The cells in order, named by other numbers.
    fn named(&self, offices: &[u32], dims: &[u32]) -> impl Iterator<Item = Cell> {
        let slices = self.times(Date(i32::MIN), Date(i32::MAX));
        slices.flat_map(move |(time, cells)| {
            self.cells(cells).map(move |(office, dim, sum, net)| Cell {
                key: (time, offices[office as usize], dims[dim as usize]),
                sum: sum.into(),
                net: net.into(),
            })
        })
    }

    /// Takes cells in order: those of one key become one, and those that hold nothing none.
    fn fill(&mut self, cells: impl Iterator<Item = Cell>) {
        let mut open: Option<Cell> = None;
        for cell in cells {
            match &mut open {
                Some(last) if last.key == cell.key => {
                    last.sum += cell.sum;
                    last.net += cell.net;
                }
                _ => {
                    if let Some(done) = open.replace(cell) {
                        self.push(done);
                    }
                }
            }
        }
        if let Some(done) = open {
            self.push(done);
        }
    }

    fn push(&mut self, cell: Cell) {
        let ((time, office, dims), mut sum, mut net) = (cell.key, cell.sum, cell.net);
        while sum != 0 || net != 0 {
            let part = sum.clamp(i64::MIN.into(), i64::MAX.into());
            let weight = net.clamp(i32::MIN.into(), i32::MAX.into());
            self.cells.offices.push(office);
            self.cells.dims.push(dims);
            self.cells.sums.push(i64::try_from(part).expect("invariant: clamped"));
            self.cells.nets.push(i32::try_from(weight).expect("invariant: clamped"));
            (sum, net) = (sum - part, net - weight);
            match self.times.last_mut() {
                Some((last, end)) if *last == time => *end += 1,
                _ => self.times.push((time, self.cells.sums.len())),
            }
        }
    }
}

/// The values of two sorted lists, and the place of each list's values among them.
fn united<T: Ord + Clone>(ours: &[T], theirs: &[T]) -> (Vec<T>, Vec<u32>, Vec<u32>) {
    let mut all: Vec<T> = ours.iter().chain(theirs).cloned().collect();
    all.sort();
    all.dedup();
    let places = |list: &[T]| {
        let place = |value| number(all.partition_point(|known| known < value));
        list.iter().map(place).collect()
    };
    let (ours, theirs) = (places(ours), places(theirs));
    (all, ours, theirs)
}
