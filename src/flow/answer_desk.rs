//! Where answers that arrive at the same time meet: one of them carries all that wait into one transaction. Each is durable
//! before it is told so.

use crate::flow::answer_obligation::{Answer, Answered, answer_obligations};
use crate::flow::{Ctx, FlowError};
use crate::storage::Author;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Answers written in one transaction at the most.
const TOGETHER: usize = 64;

type Told = Result<Answered, FlowError>;

/// Answers that wait for the transaction before theirs to end.
#[derive(Debug, Default)]
pub struct AnswerDesk {
    waiting: Mutex<Vec<(Author, Answer, oneshot::Sender<Told>)>>,
    turn: tokio::sync::Mutex<()>,
}

impl AnswerDesk {
    fn take(&self) -> Vec<(Author, Answer, oneshot::Sender<Told>)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(TOGETHER);
        waiting.drain(..count).collect()
    }
}

/// Records an answer, together with those that wait.
///
/// # Errors
/// As [`answer_obligations`] says of this answer, or what concerns all that were written with it.
pub async fn hand_in(ctx: &Ctx, answer: Answer) -> Result<Answered, FlowError> {
    let (tell, mut told) = oneshot::channel();
    let desk = ctx.answer_desk.clone();
    desk.waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((ctx.author(), answer, tell));
    loop {
        let turn = tokio::select! {
            biased;
            result = &mut told => return result.unwrap_or_else(|_| Err(lost())),
            turn = desk.turn.lock() => turn,
        };
        let batch = desk.take();
        if !batch.is_empty() {
            // A task of its own: a caller that hangs up does not take the others' answers along.
            let ctx = ctx.without_ticket();
            let carried = tokio::spawn(async move { carry(&ctx, batch).await });
            if carried.await.is_err() {
                return Err(lost());
            }
        }
        drop(turn);
    }
}

async fn carry(ctx: &Ctx, batch: Vec<(Author, Answer, oneshot::Sender<Told>)>) {
    let mut listeners = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    for (author, answer, tell) in batch {
        listeners.push(tell);
        answers.push((author, answer));
    }
    let together = answers.clone();
    match answer_obligations(ctx, together).await {
        Ok(told) => {
            for (listener, one) in listeners.into_iter().zip(told) {
                // Whoever has hung up finds the answer written.
                let _ = listener.send(one);
            }
        }
        Err(_) => {
            // What one of them runs into is not the others' affair.
            for (listener, one) in listeners.into_iter().zip(answers) {
                let told = answer_obligations(ctx, vec![one]).await;
                let told = told.and_then(|mut told| told.pop().unwrap_or_else(|| Err(lost())));
                let _ = listener.send(told);
            }
        }
    }
}

fn lost() -> FlowError {
    FlowError::Interrupted("填报没有结果，请稍后再试".to_owned())
}
