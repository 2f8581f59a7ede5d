//! A stick that is carried from one machine to another.

use anyhow::ensure;
use domain::problem::ProblemCode;
use node::Batch;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::fault::Fault;
use crate::machine::Machine;
use crate::world::World;

/// Frames of one stream on a stick.
const FRAMES_MAX: usize = 40;

impl World {
    /// Carries what the one has and the other may have and lacks.
    pub(crate) fn detour(
        &mut self,
        from: usize,
        to: usize,
        damage: Option<u64>,
    ) -> anyhow::Result<()> {
        if from == to || self.machines[from].revoked {
            return Ok(());
        }
        let (office, mut batches) = (self.machines[to].office, Vec::new());
        for (stream, next_seq) in self.machines[from].kernel.held()? {
            let rules = self.machines[from].kernel.rules();
            let Some(writer) = rules.office(stream.writer) else { continue };
            if !rules.may_hold(&stream, writer, office) {
                continue;
            }
            let allowed = self.registry.may_have(&stream, office);
            ensure!(allowed, "a stick held a stream out of scope: {stream:?}");
            let mut at = self.machines[to].durable(&stream)?;
            for _ in 0..FRAMES_MAX {
                let batch = (at < next_seq).then(|| pack(&self.machines[from], &stream, at));
                let Some(batch) = batch.transpose()?.flatten() else { break };
                at = batch.first_seq + u64::try_from(batch.ops.len())?;
                batches.push(batch);
            }
        }
        if batches.is_empty() {
            return Ok(());
        }
        self.counts.note(Fault::Detour);
        if let Some(seed) = damage {
            self.counts.note(Fault::DamagedDetour);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let batch = rng.random_range(0..batches.len());
            let ops = &mut batches[batch].ops;
            let op = rng.random_range(0..ops.len());
            let byte = rng.random_range(0..ops[op].len());
            ops[op][byte] ^= 1 << rng.random_range(0..8);
            let digest = *blake3::hash(&ops[op]).as_bytes();
            self.crimes.forbidden.insert(digest);
        }
        batches.into_iter().try_for_each(|batch| self.unpack(to, &batch))
    }

    /// A batch comes from a stick: the same way into the log.
    fn unpack(&mut self, to: usize, batch: &Batch) -> anyhow::Result<()> {
        let machine = &mut self.machines[to];
        machine.wall_ms();
        let done = machine.writer.ingest(&machine.kernel, &[batch]);
        if self.died(to)? {
            return Ok(());
        }
        match done {
            Ok((answers, effects)) => {
                let refused = answers[0].as_ref().ok().and_then(|taken| taken.refused);
                if refused == Some(ProblemCode::SyncUnknownWriter) {
                    self.counts.note(Fault::LateCertificate);
                }
                self.tell(to, &effects)
            }
            Err(error) => self.failed(to, &error),
        }
    }
}

/// The operations of a stream from a place on, up to a signed head.
fn pack(from: &Machine, stream: &domain::op::StreamId, at: u64) -> anyhow::Result<Option<Batch>> {
    let mut page = from.kernel.page(stream, at)?;
    let end = at + u64::try_from(page.ops.len())?;
    page.boundaries.retain(|boundary| boundary.next_seq <= end);
    let Some(boundary) = page.boundaries.last() else { return Ok(None) };
    page.ops.truncate(usize::try_from(boundary.next_seq - at)?);
    let (stream, ops, signature) = (stream.clone(), page.ops, boundary.signature);
    Ok(Some(Batch { stream, first_seq: at, ops, signature }))
}
