//! The doorbell's socket: connects, keeps connected, reports rings. The protocol itself is `sync::doorbell`.

use std::time::Duration;

use futures_channel::mpsc::UnboundedReceiver;
use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite_wasm::{Message, WebSocketStream};

use super::Config;
use super::timer::{sleep, within};
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::time::Timestamp;
use crate::sync::doorbell::{Channel, Frame, Heard, Version};

const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// Pauses before connecting anew: 1, 2, 5, 10, 10 … s, each up to half as long again by chance.
const RECONNECT: [u64; 4] = [1000, 2000, 5000, 10_000];

/// What the doorbell is told while it runs. Dropping the sender ends it.
#[derive(Clone, Debug)]
pub enum Tell {
    /// The session was renewed.
    Token(String),
    /// There is reason to believe that the network is back: connect at once.
    Hurry,
}

/// What it reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Connected and joined.
    Up,
    /// Not any more.
    Down,
    /// Rung.
    Rang,
}

/// Whose doorbell, where.
#[derive(Clone, Debug)]
pub struct Doorbell {
    /// The server.
    pub config: Config,
    /// The person.
    pub user: UserId,
    /// This device, whose own rings are not reported.
    pub device: DeviceId,
    /// Her access token.
    pub token: String,
}

impl Doorbell {
    /// Runs until the sender of `told` is dropped. `clock` and `random` (in `[0, 1)`) come from the platform.
    pub async fn run(
        mut self,
        mut told: UnboundedReceiver<Tell>,
        report: impl Fn(Report),
        clock: impl Fn() -> Timestamp,
        random: impl Fn() -> f64,
    ) {
        let mut version = Version::V2;
        let mut attempts = 0;
        loop {
            let mut was_up = false;
            if let Some(Ok(socket)) = within(CONNECT_LIMIT, tokio_tungstenite_wasm::connect(self.url(version))).await {
                let ended = self.attend(socket, version, &mut told, &report, &clock, &mut was_up).await;
                if was_up {
                    report(Report::Down);
                    attempts = 0;
                }
                if ended == Ended::Told {
                    return;
                }
                if !was_up && attempts > 0 {
                    // Perhaps an old server that does not speak the newer version.
                    version = if version == Version::V2 { Version::V1 } else { Version::V2 };
                }
            }
            let pause = RECONNECT[attempts.min(RECONNECT.len() - 1)];
            attempts += 1;
            let pause = Duration::from_millis(pause + (pause as f64 * 0.5 * random()) as u64);
            if !self.rest(pause, &mut told).await {
                return;
            }
        }
    }

    fn url(&self, version: Version) -> String {
        // http → ws, https → wss.
        let base = self.config.url.strip_prefix("http").map_or(self.config.url.clone(), |rest| format!("ws{rest}"));
        format!("{base}/realtime/v1/websocket?apikey={}&vsn={}", self.config.key, version.name())
    }

    /// Waits, unless told to hurry. `false`: told to end.
    async fn rest(&mut self, pause: Duration, told: &mut UnboundedReceiver<Tell>) -> bool {
        let mut waiting = std::pin::pin!(sleep(pause));
        loop {
            match select(&mut waiting, told.next()).await {
                Either::Left(_) | Either::Right((Some(Tell::Hurry), _)) => return true,
                Either::Right((Some(Tell::Token(token)), _)) => self.token = token,
                Either::Right((None, _)) => return false,
            }
        }
    }

    async fn attend(
        &mut self,
        socket: WebSocketStream,
        version: Version,
        told: &mut UnboundedReceiver<Tell>,
        report: &impl Fn(Report),
        clock: &impl Fn() -> Timestamp,
        was_up: &mut bool,
    ) -> Ended {
        let (mut sink, mut stream) = socket.split();
        let mut channel = Channel::new(version, self.user, self.device, self.token.clone(), clock());
        loop {
            let Ok(frames) = channel.tick(clock()) else { return Ended::Lost };
            for frame in frames {
                if sink.send(Message::text(frame)).await.is_err() {
                    return Ended::Lost;
                }
            }
            let pause = channel.next_tick().micros() - clock().micros();
            let pause = sleep(Duration::from_micros(pause.max(0).unsigned_abs()));
            let heard = select(stream.next(), told.next());
            let frame = match select(heard, std::pin::pin!(pause)).await {
                Either::Right(_) => continue,
                Either::Left((Either::Right((None, _)), _)) => return Ended::Told,
                Either::Left((Either::Right((Some(Tell::Hurry), _)), _)) => continue,
                Either::Left((Either::Right((Some(Tell::Token(token)), _)), _)) => {
                    self.token.clone_from(&token);
                    if let Some(frame) = channel.renew(token)
                        && sink.send(Message::text(frame)).await.is_err()
                    {
                        return Ended::Lost;
                    }
                    continue;
                }
                Either::Left((Either::Left((frame, _)), _)) => match frame {
                    Some(Ok(Message::Text(text))) => Frame::Text(text.to_string()),
                    Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.to_vec()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ended::Lost,
                },
            };
            match channel.hear(&frame, clock()) {
                Heard::Nothing => {}
                Heard::Rang => report(Report::Rang),
                Heard::Up => {
                    *was_up = true;
                    report(Report::Up);
                }
                Heard::Down(why) => {
                    tracing::info!(why, "the doorbell is down");
                    report(Report::Down);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The socket is gone.
    Lost,
    /// Nobody wants it any more.
    Told,
}
