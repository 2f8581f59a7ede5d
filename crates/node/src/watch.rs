//! Early warning: what stands out of the counts that a person may see.

use facts::watch::answer::{self, Watch};
use facts::watch::ask::Question;
use facts::watch::scan::Draw;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::actor::Actor;
use crate::node::Node;
use crate::query::{Asking, FigureError};

/// Why nothing can be said about what stands out: as for figures.
pub type WatchError = FigureError;

impl Node {
    /// Judges the counts of a measure, within what the person may see, with labels in a language.
    ///
    /// # Errors
    /// As [`Node::figure`]; and if the measure doesn't count, or the method can't judge periods of
    /// this length.
    pub async fn watch(
        &self,
        by: &Actor,
        question: &Question,
        lang: &str,
    ) -> Result<Watch, WatchError> {
        let asking = Asking::new(self, by, std::slice::from_ref(&question.measure));
        let context = asking.context(lang);
        let counts = self.core.facts.counts(question, &context, &asking.scope).await?;
        let (question, world, today) = (question.clone(), asking.world, asking.judge.today);
        // A scan takes seconds: away from the threads that answer.
        let judged = tokio::task::spawn_blocking(move || {
            let mut chance = Chance(ChaCha8Rng::seed_from_u64(question.seed));
            answer::judge(&question, counts, &world.tree, today, &mut chance)
        });
        match judged.await {
            Ok(judged) => Ok(judged?),
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }
}

/// The same numbers from the same seed, on every machine.
struct Chance(ChaCha8Rng);

impl Draw for Chance {
    fn unit(&mut self) -> f64 {
        // 53 bits are what a number between 0 and 1 holds.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
