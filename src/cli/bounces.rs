//! `duban bounce`: what a mailbox calls with every mail that comes back. Ends well whatever the message is, so that the mail
//! system does not send it back in its turn; with 75 (“try again later”, sysexits) where the database is away.

use super::args::BounceArgs;
use super::output::{Format, print_failure, print_json, print_line};
use crate::config::Settings;
use crate::flow::record_bounce::{BounceRead, record_bounce};
use crate::mail::delivery_report::MOST_BYTES;
use crate::startup::open_ctx;
use anyhow::{Context, ensure};
use std::io::Read;
use std::process::ExitCode;

/// `EX_TEMPFAIL` of sysexits.h: Postfix and procmail keep the message and call again.
const LATER: u8 = 75;

pub(super) async fn record(
    settings: Settings,
    args: &BounceArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let message = read(args)?;
    let recorded = match open_ctx(settings).await {
        Ok(ctx) => record_bounce(&ctx, &message).await,
        Err(error) => Err(error),
    };
    let outcome = match recorded {
        Ok(outcome) => outcome,
        Err(error) => {
            return Ok(put_off(&error.into()));
        }
    };
    let (code, text, mail) = match outcome {
        BounceRead::Recorded(mail) => ("recorded", "已标记为未送达", Some(mail)),
        BounceRead::Known(mail) => ("known", "此前已有结果，未作改动", Some(mail)),
        BounceRead::NoEnd => ("no_end", "对方仍在投递，未作改动", None),
        BounceRead::NotOurs => ("not_ours", "不是本系统发出的邮件，未作改动", None),
        BounceRead::NoReport => ("no_report", "不是退信，未作改动", None),
    };
    if format == Format::Json {
        print_json(&serde_json::json!({ "outcome": code, "mail": mail }))?;
    } else {
        let of = mail
            .map(|mail| format!("邮件 {mail}："))
            .unwrap_or_default();
        print_line(format!("{of}{text}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says why nothing can be recorded now; the mail system keeps the message.
pub(super) fn put_off(error: &anyhow::Error) -> ExitCode {
    print_failure(error);
    ExitCode::from(LATER)
}

fn read(args: &BounceArgs) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    match &args.file {
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("无法读取文件“{}”", path.display()))?;
            file.take(most).read_to_end(&mut bytes)?;
        }
        None => {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        }
    }
    ensure!(
        bytes.len() <= MOST_BYTES,
        "这封邮件超过 {} MiB，没有读取",
        MOST_BYTES >> 20
    );
    Ok(bytes)
}
