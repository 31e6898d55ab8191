//! Files that come in pieces: too long, broken off, abandoned.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use duban::files::store::{FileStoreError, Verify};
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt as _, future};
use tokio::sync::Notify;

use crate::place::TestFolder;

type Chunk = Result<Vec<u8>, String>;

fn chunks(lengths: &[usize]) -> impl Stream<Item = Chunk> + use<> {
    let chunks: Vec<Chunk> = lengths
        .iter()
        .map(|length| Ok(vec![b'x'; *length]))
        .collect();
    stream::iter(chunks)
}

#[tokio::test]
async fn a_file_in_pieces_is_the_file() {
    let folder = TestFolder::new();
    let store = folder.store();
    for lengths in [
        &[][..],
        &[0, 0],
        &[1, 0, 2],
        &[300_000, 1, 300_000],
        &[100; 5000],
    ] {
        let total: usize = lengths.iter().sum();
        let stored = store.put_stream(chunks(lengths), 1_000_000).await.unwrap();
        assert_eq!(stored.size, total as u64);
        let reader = store.open(&stored, Verify::Checksum).await.unwrap();
        assert_eq!(reader.bytes().await.unwrap(), vec![b'x'; total]);
    }
}

/// Bad input E4: a file that does not end.
#[tokio::test]
async fn the_limit_ends_an_endless_stream_at_once() {
    let folder = TestFolder::new();
    let store = folder.store();
    assert!(
        store
            .put_stream(chunks(&[500_000, 500_000]), 1_000_000)
            .await
            .is_ok()
    );
    let asked = AtomicUsize::new(0);
    let endless = stream::repeat_with(|| {
        asked.fetch_add(1, Ordering::Relaxed);
        Chunk::Ok(vec![0; 100_000])
    })
    // Long past the limit, so that a store without one fails here instead of filling the disk.
    .take(100);
    let error = store.put_stream(endless, 1_000_000).await.unwrap_err();
    assert!(matches!(
        error,
        FileStoreError::TooLarge { limit: 1_000_000 }
    ));
    assert_eq!(asked.load(Ordering::Relaxed), 11);
    assert_eq!(folder.files().len(), 1);
}

#[tokio::test]
async fn a_sender_that_breaks_off_leaves_nothing() {
    let folder = TestFolder::new();
    let store = folder.store();
    let broken = chunks(&[900_000]).chain(stream::iter([Chunk::Err("connection reset".into())]));
    let error = store.put_stream(broken, 1_000_000).await.unwrap_err();
    assert!(
        matches!(&error, FileStoreError::Interrupted { reason } if reason == "connection reset")
    );
    assert!(
        !error.to_string().contains("reset"),
        "details are for the log"
    );
    assert!(folder.files().is_empty());
}

#[tokio::test]
async fn an_abandoned_upload_leaves_nothing() {
    let folder = TestFolder::new();
    let store = folder.store();
    let waiting = Arc::new(Notify::new());
    let stalled = {
        let waiting = waiting.clone();
        // Asked for more only when the piece before is on the disk.
        chunks(&[900_000]).chain(stream::once(async move {
            waiting.notify_one();
            future::pending::<Chunk>().await
        }))
    };
    {
        let mut upload = pin!(store.put_stream(stalled, 1_000_000));
        tokio::select! {
            _ = &mut upload => panic!("the stream never ends"),
            () = waiting.notified() => {}
        }
        assert_eq!(folder.files().len(), 1, "half of it is there");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn an_upload_abandoned_at_any_moment_leaves_nothing_or_a_whole_file() {
    // The runtime waits for its disk threads when it is dropped: then nothing moves any more.
    let mut outcomes = [0, 0];
    for polls in 0..12 {
        let folder = TestFolder::new();
        let store = folder.store();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let done = runtime.block_on(async {
            let mut upload = pin!(store.put_stream(chunks(&[300_000, 300_000]), 1_000_000));
            let mut seen = 0;
            poll_fn(|context| match upload.as_mut().poll(context) {
                Poll::Ready(stored) => Poll::Ready(Some(stored.unwrap())),
                Poll::Pending if seen == polls => Poll::Ready(None),
                Poll::Pending => {
                    seen += 1;
                    Poll::Pending
                }
            })
            .await
        });
        drop(runtime);
        let kept = usize::from(done.is_some());
        assert_eq!(folder.files().len(), kept, "after {polls} polls");
        outcomes[kept] += 1;
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}
