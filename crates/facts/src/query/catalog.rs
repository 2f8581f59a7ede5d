//! The measures that can be asked: those of the packs, and two for each of their schedules.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::pack::{MeasureKind, Pack, Schedule, Source, Unit};

/// Facts of this kind say that an expected report was received.
pub const RECEIVED: &str = ":received";
/// Facts of this kind say that it was received in time.
pub const ON_TIME: &str = ":on_time";

/// A measure that can be asked.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `pack.key`.
    pub name: String,
    /// The pack that has it.
    pub pack: Arc<Pack>,
    /// Its key within the pack.
    pub key: String,
    /// Its unit.
    pub unit: Unit,
    /// Digits after the point.
    pub scale: u8,
    /// How its values add.
    pub kind: MeasureKind,
    /// Its dimensions.
    pub dims: Vec<String>,
    /// Where the concept comes from.
    pub source: String,
    /// Counts below this and above zero don't leave.
    pub suppress_below: Option<u32>,
}

/// Finds a measure by `pack.key`.
#[must_use]
pub fn find(packs: &BTreeMap<String, Arc<Pack>>, name: &str) -> Option<Entry> {
    let (pack, key) = name.split_once('.')?;
    let pack = packs.get(pack)?;
    if let Some(measure) = pack.measures.iter().find(|measure| measure.key == key) {
        return Some(Entry {
            name: name.to_owned(),
            pack: Arc::clone(pack),
            key: key.to_owned(),
            unit: measure.unit.clone(),
            scale: measure.scale,
            kind: measure.kind.clone(),
            dims: measure.dims.clone(),
            source: measure.source.clone(),
            suppress_below: measure.suppress_below.filter(|k| *k > 1),
        });
    }
    let schedule = key.strip_suffix(RECEIVED).or_else(|| key.strip_suffix(ON_TIME))?;
    pack.schedules.iter().find(|known| known.key == schedule)?;
    Some(Entry {
        name: name.to_owned(),
        pack: Arc::clone(pack),
        key: key.to_owned(),
        unit: Unit::Fixed("laporan".to_owned()),
        scale: 0,
        kind: MeasureKind::Additive(Vec::new()),
        dims: Vec::new(),
        source: String::new(),
        suppress_below: None,
    })
}

impl Entry {
    /// Where its facts come from; none for a formula.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        match &self.kind {
            MeasureKind::Additive(from) | MeasureKind::Last(from) | MeasureKind::Distinct(from) => {
                from
            }
            MeasureKind::Formula(_) => &[],
        }
    }

    /// How its values add, as figures say it.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            MeasureKind::Additive(_) => "additive",
            MeasureKind::Last(_) => "last",
            MeasureKind::Distinct(_) => "distinct",
            MeasureKind::Formula(_) => "formula",
        }
    }

    /// The schedules whose reports feed it.
    pub fn schedules(&self) -> impl Iterator<Item = &Schedule> {
        let own = self.key.strip_suffix(RECEIVED).or_else(|| self.key.strip_suffix(ON_TIME));
        self.pack.schedules.iter().filter(move |schedule| match own {
            Some(key) => schedule.key == key,
            None => self.sources().iter().any(|source| source.type_id == schedule.type_id),
        })
    }

    /// A text of its pack, in this language or Indonesian.
    #[must_use]
    pub fn text(&self, lang: &str, key: &str) -> Option<&str> {
        let messages = &self.pack.messages;
        let find = |lang: &str| messages.get(lang)?.get(key).map(String::as_str);
        find(lang).or_else(|| find("id"))
    }

    /// The name of a dimension's value: that of the choice it comes from, or the value itself.
    #[must_use]
    pub fn value_label(&self, lang: &str, dim: &str, value: &str) -> String {
        let types = self.pack.types.iter();
        let named =
            types.filter_map(|ty| self.text(lang, &format!("choice.{}.{dim}.{value}", ty.key)));
        named.chain(self.text(lang, &format!("unit.{value}"))).next().unwrap_or(value).to_owned()
    }
}
