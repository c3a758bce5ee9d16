//! Walks every chain of the audit log. Invariant: the first bad record is named; a chain that cannot be read is not called sound.

use audit::{Anchor, ChainVerifier};
use domain::{Text, WireError};
use ledger::Ledger;

/// Records fetched at a time.
const PAGE: u32 = 200;

/// What the walk found, in words, and whether everything held.
pub(crate) async fn verify_all(ledger: &Ledger) -> Result<(bool, Text), WireError> {
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    let mut sound = true;
    for head in ledger.chains().await.map_err(|e| e.wire())? {
        let mut verifier = ChainVerifier::new(head.chain.clone(), &Anchor::genesis(&head.chain));
        let mut after = 0;
        let mut fault = None;
        'pages: loop {
            let page = ledger.read_chain(&head.chain, after, PAGE).await.map_err(|e| e.wire())?;
            for record in page.records.iter().filter(|r| r.seq <= head.seq) {
                if let Err(found) = verifier.push(record) {
                    fault = Some(found);
                    break 'pages;
                }
            }
            match page.next_after {
                Some(next) if next < head.seq => after = next,
                _ => break,
            }
        }
        let outcome = match fault {
            Some(found) => Err(found),
            None => verifier.finish(Some(&(head.seq, head.hash.clone()))).map(|_| ()),
        };
        match outcome {
            Ok(()) => {
                en.push(format!("chain {}: {} records, intact", head.chain, head.seq));
                zh.push(format!("链 {}：{} 条记录，完整", head.chain, head.seq));
            }
            Err(found) => {
                sound = false;
                let text = found.text();
                en.push(format!("chain {}: NOT INTACT: {}", head.chain, text.en));
                zh.push(format!("链 {}：不完整：{}", head.chain, text.zh));
            }
        }
    }
    en.push("Run `aiops audit verify` to check the same records on your own machine.".to_owned());
    zh.push("可运行 `aiops audit verify` 在自己的机器上核对同样的记录。".to_owned());
    Ok((sound, Text::new(en.join("\n"), zh.join("\n"))))
}
