//! Sentences beside the facts of a preview. Entry functions: [`info`], [`warning`], [`unknown`], [`unread`].
//!
//! Invariant: what could not be read is a note of level Unknown with the reason, never silence.

use domain::{PreviewNote, Text, preview::NoteLevel};

use crate::error::OperationError;

fn note(level: NoteLevel, code: &str, en: impl Into<String>, zh: impl Into<String>) -> PreviewNote {
    PreviewNote { level, code: code.to_owned(), text: Text::new(en, zh) }
}

/// Good to know.
pub(crate) fn info(code: &str, en: impl Into<String>, zh: impl Into<String>) -> PreviewNote {
    note(NoteLevel::Info, code, en, zh)
}

/// Think before approving.
pub(crate) fn warning(code: &str, en: impl Into<String>, zh: impl Into<String>) -> PreviewNote {
    note(NoteLevel::Warning, code, en, zh)
}

/// Could not be found out.
pub(crate) fn unknown(code: &str, en: impl Into<String>, zh: impl Into<String>) -> PreviewNote {
    note(NoteLevel::Unknown, code, en, zh)
}

/// A read that only enriches the preview failed.
pub(crate) fn unread(code: &str, what: (&str, &str), error: &OperationError) -> PreviewNote {
    let reason = error.reason();
    unknown(code, format!("{} could not be read: {}", what.0, reason.en), format!("无法读取{}：{}", what.1, reason.zh))
}

/// EC2's own dry run is never sent: the role that previews holds no write permission.
pub(crate) fn dry_run_not_sent() -> PreviewNote {
    info(
        "dry_run.not_sent",
        "EC2's own dry run was not asked: the role that previews holds no write permission, so the answer would be a denial.",
        "未调用 EC2 的 DryRun：预览角色没有写权限，得到的只会是拒绝。",
    )
}
