//! What the driver needs of the world: the time, chance, waiting, tasks. The same in the browser and natively.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::remote::timer;
use crate::sync::backoff::Dice;

/// A world to run in. Single-threaded: tasks need not be `Send`.
pub trait Platform: Clone + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + 'static;
    /// Lets everything that waits for this thread go first: messages, too.
    fn turn(&self) -> impl Future<Output = ()> + 'static;
    /// Runs a task beside the others of this thread.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
    /// A number in `[0, 1)`.
    fn random(&self) -> f64;
}

/// The real world: the browser's event loop in wasm, a tokio `LocalSet` natively.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealPlatform;

impl Platform for RealPlatform {
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }

    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + 'static {
        timer::sleep(pause)
    }

    fn turn(&self) -> impl Future<Output = ()> + 'static {
        timer::turn()
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        #[cfg(target_arch = "wasm32")]
        wasm_bindgen_futures::spawn_local(task);
        #[cfg(not(target_arch = "wasm32"))]
        tokio::task::spawn_local(task);
    }

    fn random(&self) -> f64 {
        // The lower half of a v7 id is random, from the platform's own source.
        const BITS: u32 = 53;
        let bits = Uuid::now_v7().as_u128() & ((1_u128 << BITS) - 1);
        bits as f64 / (1_u64 << BITS) as f64
    }
}

/// Chance from a platform.
#[derive(Debug)]
pub struct PlatformDice<P>(pub P);

impl<P: Platform> Dice for PlatformDice<P> {
    fn roll(&mut self) -> f64 {
        self.0.random()
    }
}
