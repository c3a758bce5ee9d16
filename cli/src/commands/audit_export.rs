//! `audit export` and `audit verify --export`.
//!
//! Entry: one function a command, and [`Folder`]. Invariant: verifying an export asks nobody: no endpoint, no AWS, only the
//! folder, the key and the pins on the command line.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use audit::{Chain, Expectations, Export, ExportFault, ExportReport, StoredRecord, export::line, verify_export};
use domain::{Digest, Text};
use public_key::PublicKeys;
use serde::Deserialize;
use serde_json::json;

use super::audit_log::{each_record, heads, stored};
use crate::{
    args::VerifyExport,
    endpoint::Call,
    error::{CliError, Exit},
    run::Context,
};

/// A line longer than this is no record: an item of DynamoDB has at most 400 KB.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// An export on disk.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    fn names(&self, part: &str) -> Result<Vec<String>, CliError> {
        let dir = self.0.join(part);
        if !dir.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).map_err(|source| CliError::File { path: dir.clone(), source })? {
            let entry = entry.map_err(|source| CliError::File { path: dir.clone(), source })?;
            names.extend(entry.file_name().into_string());
        }
        Ok(names)
    }

    fn chain_file(&self, chain: &Chain) -> PathBuf {
        self.0.join(format!("chains/{chain}.log"))
    }

    fn seal_file(&self, number: u64) -> PathBuf {
        self.0.join(format!("seals/{number:08}.json"))
    }

    /// Every record that can be read, for questions; their hashes are not checked.
    pub(super) fn records(&self) -> Result<Vec<StoredRecord>, CliError> {
        let mut found = Vec::new();
        for chain in self.chains()? {
            self.lines(&chain, &mut |line| {
                let text = String::from_utf8_lossy(line);
                let mut parts = text.splitn(3, ' ');
                if let (Some(seq), Some(hash), Some(record)) = (parts.next(), parts.next(), parts.next())
                    && let (Ok(seq), Ok(hash)) = (seq.parse(), Digest::parse(hash))
                {
                    found.push(StoredRecord { chain: chain.clone(), seq, record: record.to_owned(), hash });
                }
            })?;
        }
        Ok(found)
    }
}

impl Export for Folder {
    type Error = CliError;

    fn seals(&self) -> Result<Vec<u64>, CliError> {
        let number =
            |name: &String| name.strip_suffix(".json").filter(|n| n.len() == 8 && n.bytes().all(|b| b.is_ascii_digit()))?.parse().ok();
        Ok(self.names("seals")?.iter().filter_map(number).collect())
    }

    fn seal(&self, number: u64) -> Result<Vec<u8>, CliError> {
        let path = self.seal_file(number);
        fs::read(&path).map_err(|source| CliError::File { path, source })
    }

    fn chains(&self) -> Result<Vec<Chain>, CliError> {
        Ok(self.names("chains")?.iter().filter_map(|name| Chain::parse(name.strip_suffix(".log")?).ok()).collect())
    }

    fn lines(&self, chain: &Chain, each: &mut dyn FnMut(&[u8])) -> Result<(), CliError> {
        let path = self.chain_file(chain);
        let failed = |source| CliError::File { path: path.clone(), source };
        let mut reader = BufReader::with_capacity(1 << 16, fs::File::open(&path).map_err(failed)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(failed)? == 0 {
                return Ok(());
            }
            each(line.strip_suffix(b"\n").unwrap_or(&line));
        }
    }
}

/// The keys of every file.
pub(super) fn keys(files: &[PathBuf]) -> Result<PublicKeys, CliError> {
    let mut text = String::new();
    for path in files {
        text.push_str(&fs::read_to_string(path).map_err(|source| CliError::File { path: path.clone(), source })?);
        text.push('\n');
    }
    PublicKeys::from_pem(&text).map_err(|error| CliError::Argument {
        what: Text::new(format!("`--key`: {error}"), format!("`--key`：不是 PEM 格式的 ECDSA P-256 公钥（{error}）")),
    })
}

/// `audit verify --export`.
pub(super) fn verify(context: &mut Context<'_, '_>, dir: &Path, args: &VerifyExport) -> Result<Exit, CliError> {
    if !dir.is_dir() {
        return Err(CliError::Argument {
            what: Text::new(format!("there is no folder `{}`", dir.display()), format!("没有文件夹 `{}`", dir.display())),
        });
    }
    let keys = keys(&args.key)?;
    let mut expected = Expectations { erased: args.erased, ..Expectations::default() };
    expected.seal = args.pin.as_deref().map(|text| pin(text, "--pin")).transpose()?;
    for text in &args.head {
        let parsed = text.split_once(':').and_then(|(chain, rest)| Some((Chain::parse(chain).ok()?, rest)));
        let (chain, rest) = parsed.ok_or_else(|| not_a_pin(text, "--head"))?;
        expected.heads.insert(chain, pin(rest, "--head")?);
    }
    let report = verify_export(&Folder(dir.to_owned()), &keys, &expected)?;
    tell(context, &report)
}

fn tell(context: &mut Context<'_, '_>, report: &ExportReport) -> Result<Exit, CliError> {
    let lang = context.screen.lang;
    context.screen.document(&serde_json::to_value(report).unwrap_or_default())?;
    if !context.screen.json {
        for text in lines(report) {
            context.screen.show(text.in_lang(lang))?;
        }
        for text in report.faults.iter().map(ExportFault::text) {
            context.screen.complain(text.in_lang(lang))?;
        }
    }
    Ok(if report.sound { Exit::Ok } else { Exit::AuditFault })
}

fn lines(report: &ExportReport) -> Vec<Text> {
    let mut out = Vec::new();
    let at = domain::EpochMs(report.sealed_at).to_rfc3339();
    if report.seals > 0 {
        let (n, hash) = (report.seals, &report.seal);
        out.push(Text::new(
            format!("{n} seal(s), the last of {at}; pin: {n}:{hash}"),
            format!("{n} 个封印，最后一个于 {at}；固定值：{n}:{hash}"),
        ));
    }
    for c in &report.chains {
        let (chain, records, sealed, erased) = (&c.chain, c.records, c.sealed, c.erased);
        out.push(Text::new(
            format!("{chain}: {records} record(s), {sealed} proven, {erased} of them erased, {} not yet proven", c.unproven),
            format!("{chain}：{records} 条记录，{sealed} 条已证明，其中 {erased} 条内容已清除，{} 条尚未证明", c.unproven),
        ));
    }
    let unproven: u64 = report.chains.iter().map(|c| c.unproven).sum();
    out.push(match (report.sound, unproven) {
        (true, 0) => Text::new("no fault", "没有问题"),
        (true, n) => Text::new(
            format!("no fault; the last {n} record(s) hold among themselves, and no seal proves them yet"),
            format!("没有问题；最后 {n} 条记录自身连贯，但尚无封印证明"),
        ),
        (false, _) => Text::new("NOT SOUND:", "存在问题："),
    });
    out
}

fn pin(text: &str, option: &str) -> Result<(u64, Digest), CliError> {
    let parsed = text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, Digest::parse(hash).ok()?)));
    parsed.ok_or_else(|| not_a_pin(text, option))
}

fn not_a_pin(text: &str, option: &str) -> CliError {
    let text = domain::text::defang(text, 100);
    CliError::Argument {
        what: Text::new(
            format!("`{option} {text}` is no pin (`<number>:<hash>`, for --head `<chain>:<number>:<hash>`)"),
            format!("`{option} {text}` 不是固定值（`<编号>:<哈希>`，--head 为 `<链>:<编号>:<哈希>`）"),
        ),
    }
}

#[derive(Deserialize)]
struct SealPage {
    seals: Vec<SealRow>,
    #[serde(default)]
    next_after: Option<u64>,
}

#[derive(Deserialize)]
struct SealRow {
    number: u64,
    file: String,
}

/// `audit export`.
pub(super) fn export(context: &mut Context<'_, '_>, to: &Path) -> Result<Exit, CliError> {
    let folder = Folder(to.to_owned());
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::File { path: path.clone(), source }
    };
    // What lies there already could be taken for part of the export.
    if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::Argument {
            what: Text::new(format!("`{}` is not empty", to.display()), format!("`{}` 不是空文件夹", to.display())),
        });
    }
    for part in ["chains", "seals"] {
        let dir = to.join(part);
        fs::create_dir_all(&dir).map_err(failed(&dir))?;
    }
    let endpoint = context.endpoint()?;
    // Seals first: what they cover is in the chains that are read afterwards.
    let (mut after, mut seals) = (0_u64, 0_u64);
    loop {
        let from = after.to_string();
        let page: SealPage = endpoint.read(&endpoint.call(&Call::get("/v1/audit/seals", &[("after", &from)]))?)?;
        for row in &page.seals {
            let path = folder.seal_file(row.number);
            fs::write(&path, &row.file).map_err(failed(&path))?;
            seals = seals.saturating_add(1);
        }
        match page.next_after {
            Some(next) if next > after => after = next,
            _ => break,
        }
    }
    let mut records = 0_u64;
    for head in heads(&endpoint)?.into_values() {
        let Ok(chain) = Chain::parse(&head.chain) else { continue };
        let path = folder.chain_file(&chain);
        let mut file = std::io::BufWriter::new(fs::File::create(&path).map_err(failed(&path))?);
        let mut last = 0_u64;
        each_record(&endpoint, chain.as_str(), |row| {
            let record = stored(&chain, last, row)?;
            last = record.seq;
            records = records.saturating_add(1);
            std::io::Write::write_all(&mut file, line(&record).as_bytes()).map_err(failed(&path))
        })?;
        std::io::Write::flush(&mut file).map_err(failed(&path))?;
    }
    let lang = context.screen.lang;
    context.screen.document(&json!({"folder": to.display().to_string(), "records": records, "seals": seals}))?;
    let text = Text::new(
        format!("{records} record(s) and {seals} seal(s) written to `{}`", to.display()),
        format!("已将 {records} 条记录和 {seals} 个封印写入 `{}`", to.display()),
    );
    context.screen.show(text.in_lang(lang))?;
    Ok(Exit::Ok)
}
