//! Randomness from JavaScript's `crypto`.

use shared::id::Entropy;

/// Random bytes fit for secrets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CryptoEntropy;

impl Entropy for CryptoEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the source that shared::id::Ids draws from")]
    fn fill(&self, bytes: &mut [u8]) {
        // Workers refuse randomness only outside of a request, where nothing of ours runs. Guessable secrets would be worse than a stop.
        assert!(getrandom::fill(bytes).is_ok(), "the runtime gave no random bytes");
    }
}
