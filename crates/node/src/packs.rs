//! The packs that a node holds, in memory: every version for folding, the latest for writing.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::op::TypeRef;
use domain::pack::{Pack, RecordType};
use domain::record::Types;

/// Every version of every pack.
#[derive(Clone, Debug, Default)]
pub struct PackSet {
    versions: BTreeMap<String, BTreeMap<u32, Arc<Pack>>>,
}

/// A record type with its pack.
#[derive(Clone, Debug)]
pub struct TypeOf {
    /// The pack.
    pub pack: Arc<Pack>,
    index: usize,
}

impl TypeOf {
    /// The type.
    #[must_use]
    pub fn ty(&self) -> &RecordType {
        &self.pack.types[self.index]
    }

    /// `pack.type`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}.{}", self.pack.name, self.ty().key)
    }

    /// How operations name it.
    #[must_use]
    pub fn type_ref(&self) -> TypeRef {
        TypeRef { pack: self.pack.name.clone(), version: self.pack.version, type_id: self.ty().id }
    }
}

impl Types for PackSet {
    fn get(&self, type_ref: &TypeRef) -> Option<&RecordType> {
        self.version(&type_ref.pack, type_ref.version)?.type_by_id(type_ref.type_id)
    }
}

impl PackSet {
    /// The packs given; a later one of the same name and version replaces an earlier one.
    #[must_use]
    pub fn new(packs: impl IntoIterator<Item = Pack>) -> Self {
        let mut set = Self::default();
        packs.into_iter().for_each(|pack| set.insert(Arc::new(pack)));
        set
    }

    /// Adds a pack.
    pub fn insert(&mut self, pack: Arc<Pack>) {
        self.versions.entry(pack.name.clone()).or_default().insert(pack.version, pack);
    }

    /// The latest version of each, by name.
    pub fn latest(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.versions.values().filter_map(|versions| versions.values().next_back())
    }

    /// Every version of every pack.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.versions.values().flat_map(BTreeMap::values)
    }

    /// The latest version of a pack.
    #[must_use]
    pub fn pack(&self, name: &str) -> Option<&Arc<Pack>> {
        self.versions.get(name)?.values().next_back()
    }

    /// One version of a pack.
    #[must_use]
    pub fn version(&self, name: &str, version: u32) -> Option<&Arc<Pack>> {
        self.versions.get(name)?.get(&version)
    }

    /// A type by its full key `pack.type`, in the latest version.
    #[must_use]
    pub fn by_key(&self, full_key: &str) -> Option<TypeOf> {
        let (pack, key) = full_key.split_once('.')?;
        let pack = self.pack(pack)?;
        let index = pack.types.iter().position(|ty| ty.key == key)?;
        Some(TypeOf { pack: Arc::clone(pack), index })
    }

    /// The type that an operation names.
    #[must_use]
    pub fn by_ref(&self, type_ref: &TypeRef) -> Option<TypeOf> {
        let pack = self.version(&type_ref.pack, type_ref.version)?;
        let index = pack.types.iter().position(|ty| ty.id == type_ref.type_id)?;
        Some(TypeOf { pack: Arc::clone(pack), index })
    }

    /// Every type of the latest packs.
    pub fn types(&self) -> impl Iterator<Item = TypeOf> {
        self.latest().flat_map(|pack| {
            (0..pack.types.len()).map(|index| TypeOf { pack: Arc::clone(pack), index })
        })
    }
}
