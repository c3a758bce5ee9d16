//! What the asker reads. Invariant: the preview comes first, then what happens next; an error has its name.

use domain::{
    PlanState, Preview, Text, WireError,
    wire::{ChatReply, Understood},
};

fn reply(understood: &Understood, text: String) -> ChatReply {
    ChatReply {
        text: redaction::for_colleagues(&understood.reading.under(&text, understood.lang)),
        lang: understood.lang,
        reading: understood.reading.clone(),
        account: understood.session_account.clone(),
        session: understood.input.session.clone(),
        plan_id: None,
        digest: None,
        error: None,
        action: None,
    }
}

/// The preview and what happens next.
pub(crate) fn planned(understood: &Understood, preview: &Preview, state: PlanState) -> ChatReply {
    let id = &preview.plan.id;
    let next = match state {
        PlanState::Preview => match &understood.reading.words {
            // What a model understood, or what a conversation lent, is carried out only when the person says it in words that the rules
            // read alone.
            Some(words) => Text::new(
                format!("This was a preview: nothing was changed. To have it done, write: {words}"),
                format!("这只是预览：没有更改任何内容。如需执行，请写：{words}"),
            ),
            None => Text::new("This was a preview: nothing was changed and nothing will be.", "这只是预览：没有也不会更改任何内容。"),
        },
        PlanState::Denied => Text::new("The rules do not allow it. Nothing was done.", "规则不允许。没有执行任何操作。"),
        _ => Text::new(
            format!("Follow it with `status {id}`; take it back with `withdraw {id}` before it runs, or `undo {id}` afterwards."),
            format!("查看进度：`status {id}`；执行前可用 `withdraw {id}` 撤回，执行后可用 `undo {id}` 回滚。"),
        ),
    };
    let mut reply = reply(understood, format!("{}\n\n{}", preview.render(understood.lang), next.in_lang(understood.lang)));
    reply.plan_id = Some(id.clone());
    reply.digest = Some(preview.digest.clone());
    reply.error = (state == PlanState::Denied).then(|| "Plan.Denied".to_owned());
    reply
}

/// A refusal: its words and its name.
pub(crate) fn refused(understood: &Understood, error: &WireError) -> ChatReply {
    let mut reply = reply(understood, error.text.in_lang(understood.lang).to_owned());
    reply.error = Some(error.name.clone());
    reply
}
