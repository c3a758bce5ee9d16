//! Every word with its meanings, in one prefix tree over words and ideographs. Entry type: [`Lexicon`].
//!
//! Invariant: built once from the lists, never from input; looking a word up takes a bounded number of steps.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, Hasher},
    sync::LazyLock,
};

use catalogue::{
    Words,
    words::{self, split},
};

pub(crate) use crate::forms::{Inflection, stems};
use crate::{
    alike::variants,
    normalize::{Letters, is_han},
    vocabulary::{MARKS, Mark, common, places, services::SERVICES},
};

/// A set of small numbers.
pub(crate) const fn bit(index: usize) -> u64 {
    1 << index
}

/// A quick hash for keys that come from the lists alone: input is only looked up, never stored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quick;

impl BuildHasher for Quick {
    type Hasher = QuickHasher;
    fn build_hasher(&self) -> QuickHasher {
        QuickHasher(0)
    }
}

/// Multiply and rotate.
#[derive(Debug)]
pub(crate) struct QuickHasher(u64);

impl QuickHasher {
    fn mix(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.mix(chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.mix(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }
}

/// Entries of the lexicon that a word may stand for; more than fit are left out. The inflection stands in the upper bits of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    entries: [u32; 4],
    len: u8,
}

/// The bits of an entry's number; the lists hold far fewer words.
const ENTRY: u32 = (1 << 30) - 1;

impl Ids {
    /// One entry in its listed form.
    pub(crate) fn one(id: u32) -> Self {
        let mut ids = Self::default();
        ids.push(id, Inflection::Base);
        ids
    }

    fn push(&mut self, id: u32, inflection: Inflection) {
        if !self.iter().any(|(known, _)| known == id)
            && let Some(slot) = self.entries.get_mut(usize::from(self.len))
        {
            *slot = id & ENTRY | (inflection as u32) << 30;
            self.len += 1;
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One after the other, the listed form first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Inflection)> + '_ {
        const FORMS: [Inflection; 4] = [Inflection::Base, Inflection::S, Inflection::Ing, Inflection::Ed];
        let entries = self.entries.get(..usize::from(self.len)).unwrap_or_default();
        entries.iter().map(|entry| (entry & ENTRY, FORMS.get((entry >> 30) as usize).copied().unwrap_or_default()))
    }
}

/// What a word or phrase may mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Marks, as bits.
    pub marks: u128,
    /// Verb groups, as bits.
    pub verbs: u64,
    /// Forms whose object it is, as bits.
    pub objects: u64,
    /// Entries that need it, as bits.
    pub needs: u64,
    /// Kinds of resources, as bits.
    pub nouns: u32,
    /// Services, as bits.
    pub services: u32,
    /// Names an account: 2 always, 1 beside a word that says so.
    pub environment: u8,
    /// Names a region: index into the list plus one.
    pub region: u8,
    /// A verb that carries little weight of its own.
    pub weak: bool,
}

impl Meaning {
    /// No meaning.
    const NONE: Self = Self { marks: 0, verbs: 0, objects: 0, needs: 0, nouns: 0, services: 0, environment: 0, region: 0, weak: false };

    /// What either may mean.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            marks: self.marks | other.marks,
            verbs: self.verbs | other.verbs,
            objects: self.objects | other.objects,
            needs: self.needs | other.needs,
            nouns: self.nouns | other.nouns,
            services: self.services | other.services,
            environment: self.environment.max(other.environment),
            region: self.region.max(other.region),
            weak: if self.verbs == 0 { other.weak } else { self.weak },
        }
    }

    /// Whether it bears a mark.
    pub(crate) fn is(&self, mark: Mark) -> bool {
        self.marks & (1 << mark as u32) != 0
    }
}

/// The meaning of a token: one of the lexicon's by reference, so that long texts stay close together in memory, or several joined.
#[derive(Debug, Clone)]
pub(crate) enum Sense {
    /// As listed.
    Listed(&'static Meaning),
    /// Of several listed forms, or what is left of one.
    Joined(Box<Meaning>),
}

static NOTHING: Meaning = Meaning::NONE;

impl Default for Sense {
    fn default() -> Self {
        Self::Listed(&NOTHING)
    }
}

impl std::ops::Deref for Sense {
    type Target = Meaning;
    fn deref(&self) -> &Meaning {
        match self {
            Self::Listed(meaning) => meaning,
            Self::Joined(meaning) => meaning,
        }
    }
}

impl From<Meaning> for Sense {
    fn from(meaning: Meaning) -> Self {
        if meaning == Meaning::NONE { Self::default() } else { Self::Joined(Box::new(meaning)) }
    }
}

/// The words.
#[derive(Debug)]
pub(crate) struct Lexicon {
    units: HashMap<String, u32, Quick>,
    edges: HashMap<(u32, u32), u32, Quick>,
    /// The node behind each unit at the root; 0 for none.
    first: Vec<u32>,
    ends: Vec<Option<Meaning>>,
    /// Words with a letter left out, and whole, by their [`key`].
    slips: HashMap<u64, Vec<u32>, Quick>,
    ideographs: HashMap<char, u32, Quick>,
    names: Vec<String>,
    everyday: HashSet<&'static str>,
    hyphenated: HashSet<&'static str>,
    verb_groups: Vec<Words>,
}

/// English verbs that say little: what is asked for stands in the object.
const WEAK: Words = "set|change|add|make|make it|put|take|give|do|get|use|need|want|start|run|apply|move|update|adjust|modify|configure|switch|require|force|perform|\
    launch|test|hit|keep|upgrade|downgrade|升级|降级|remove|take away|take out|turn|scale|create|grab|generate|capture|trigger|kick off|execute|point|drop|clear|pull|continue|resume|complete|\
    finish|retry|upgrade|fire|limit|cap|restrict|open|let|send|route|convert|drain|refresh|renew|replace|protect|lock|end|call|cycle|roll|reset|recover|save|raise|cut|\
    allow|accept|enable|weight|direct|retain|expire|prevent|guard|release|private|stuck|cover|\
    设|设置|设成|设为|调|调到|调整|改|改成|改为|配置|加|加到|加上|加大|增加|要求|必须|使用|强制|做|打|来|建|留|存|上|起|执行|触发|运行|跑|开|停|关|切|升|降|限|换|缩|扩|弹|删|摘|撤|锁|封|堵|禁|备|拍|测|继续|恢复|完成|更新|保留|保存|\
    需要|创建|生成|开始|限制|允许|保护|防止|让|给|指向|切到|调成|改到|换成|刷新|切换|切换到|去掉|移除|取消|打开|开启|重试|接着|跑一下|跑一次|调一下|加密|变更|变更为|运行|测试|控制在|变成|起来|处理掉|回收|释放|拉到|上调|下调|回到|退出|下线|公开|开放|放开|注销";

/// The one lexicon.
pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::build);

impl Lexicon {
    fn empty() -> Self {
        Self {
            units: HashMap::default(),
            edges: HashMap::default(),
            first: Vec::new(),
            ends: vec![None],
            slips: HashMap::default(),
            ideographs: HashMap::default(),
            names: Vec::new(),
            everyday: common::EVERYDAY.split_whitespace().collect(),
            hyphenated: common::HYPHENATED.split_whitespace().collect(),
            verb_groups: Vec::new(),
        }
    }

    fn build() -> Self {
        let mut lexicon = Self::empty();
        let weak: HashSet<&str> = split(WEAK).collect();
        let light = [words::CREATE, words::SET, words::SHIFT, words::CONTINUE];
        for (mark, list) in MARKS.iter().flat_map(|list| list.iter()) {
            lexicon.add_all(list, |m| m.marks |= 1 << *mark as u32);
        }
        for (index, (_, list)) in SERVICES.iter().enumerate() {
            lexicon.add_all(list, |m| m.services |= 1 << index);
        }
        lexicon.add_all(places::ENVIRONMENTS, |m| m.environment = 2);
        lexicon.add_all(places::WEAK_ENVIRONMENTS, |m| m.environment = m.environment.max(1));
        for (index, (_, list)) in places::REGIONS.iter().enumerate() {
            lexicon.add_all(list, |m| m.region = u8::try_from(index + 1).unwrap_or(0));
        }
        for (index, kind) in catalogue::resource::ALL.iter().enumerate() {
            lexicon.add_all(kind.words().nouns, |m| m.nouns |= 1 << index);
        }
        let mut form_index = 0;
        for (entry_index, entry) in catalogue::entries().enumerate() {
            lexicon.add_all(entry.words.needs, |m| m.needs |= bit(entry_index));
            for form in entry.words.forms {
                for group in form.verbs.iter().chain(form.opposites) {
                    let index = lexicon.verb_group(group);
                    for word in split(group) {
                        let is_weak = weak.contains(word) || light.contains(group);
                        let verb = |m: &mut Meaning| {
                            m.weak = is_weak || m.weak && m.verbs != 0;
                            m.verbs |= bit(index);
                        };
                        lexicon.add(word, verb);
                        // What is built from a word stands or falls with it, whatever else is listed.
                        if !crate::vocabulary::listed::is_left_out(&units(word)) {
                            built_from(word).iter().for_each(|built| lexicon.insert(units(built), verb));
                        }
                    }
                }
                lexicon.add_all(form.objects, |m| m.objects |= bit(form_index));
                // "block public access": the object says its own verb.
                for object in split(form.objects) {
                    let inner = entry.words.forms.iter().flat_map(|f| f.verbs).copied().filter(|group| begins_with_verb(object, group));
                    for group in inner {
                        let index = lexicon.verb_group(group);
                        lexicon.add(object, |m| m.verbs |= bit(index));
                    }
                    if form.verbs.contains(&words::SNAPSHOT) && object.ends_with(" snapshot") {
                        let index = lexicon.verb_group(words::SNAPSHOT);
                        lexicon.add(object, |m| m.verbs |= bit(index));
                    }
                }
                form_index += 1;
            }
        }
        lexicon.learn_nouns();
        lexicon.learn_slips();
        lexicon.first = vec![0; lexicon.names.len()];
        for ((_, unit), child) in lexicon.edges.iter().filter(|((node, _), _)| *node == 0) {
            if let Some(slot) = lexicon.first.get_mut(*unit as usize) {
                *slot = *child;
            }
        }
        lexicon
    }

    /// 数据库连接数, "queue depth": what is measured says of what.
    fn learn_nouns(&mut self) {
        let metrics =
            MARKS.iter().flat_map(|list| list.iter()).filter(|(mark, _)| *mark == Mark::Metric).flat_map(|(_, words)| split(words));
        let metrics: Vec<&str> = metrics.collect();
        for (index, kind) in catalogue::resource::ALL.iter().enumerate() {
            let nouns: Vec<&str> = split(kind.words().nouns).filter(|noun| noun.chars().count() > 2).collect();
            for metric in &metrics {
                let begins = |noun: &&str| metric.strip_prefix(*noun).is_some_and(|rest| rest.starts_with(|c: char| c == ' ' || is_han(c)));
                if nouns.iter().any(begins) {
                    self.add(metric, |m| m.nouns |= 1 << index);
                }
            }
        }
    }

    /// The number of a verb group.
    fn verb_group(&mut self, group: Words) -> usize {
        self.verb_groups.iter().position(|known| *known == group).unwrap_or_else(|| {
            self.verb_groups.push(group);
            self.verb_groups.len() - 1
        })
    }

    /// The bits of some verb groups.
    pub(crate) fn verb_bits(&self, groups: &[Words]) -> u64 {
        self.verb_groups.iter().enumerate().filter(|(_, known)| groups.contains(known)).fold(0, |bits, (index, _)| bits | bit(index))
    }

    fn add_all(&mut self, words: Words, meaning: impl Fn(&mut Meaning)) {
        for word in split(words) {
            self.add(word, &meaning);
        }
    }

    fn add(&mut self, word: &str, meaning: impl Fn(&mut Meaning)) {
        let units = units(word);
        if crate::vocabulary::listed::is_left_out(&units) {
            return;
        }
        for variant in variants(&units) {
            self.insert(variant, &meaning);
        }
        self.insert(units, &meaning);
    }

    fn insert(&mut self, units: Vec<String>, meaning: impl Fn(&mut Meaning)) {
        let mut node = 0;
        for unit in units {
            let id = self.intern(unit);
            let fresh = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
            node = *self.edges.entry((node, id)).or_insert(fresh);
            if node == fresh {
                self.ends.push(None);
            }
        }
        if node != 0
            && let Some(end) = self.ends.get_mut(node as usize)
        {
            meaning(end.get_or_insert_with(Meaning::default));
        }
    }

    fn intern(&mut self, unit: String) -> u32 {
        let fresh = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        *self.units.entry(unit).or_insert_with_key(|name| {
            self.names.push(name.clone());
            fresh
        })
    }

    /// Words of four letters and more, whole and with each letter left out once: two words that meet there differ by one slip.
    fn learn_slips(&mut self) {
        for (index, name) in self.names.iter().enumerate() {
            let Ok(id) = u32::try_from(index) else { continue };
            if let Some(c) = name.chars().next().filter(|c| is_han(*c)) {
                self.ideographs.insert(c, id);
            }
            if name.len() >= 4 && name.bytes().all(|b| b.is_ascii_lowercase()) {
                for key in (0..=name.len()).map(|skip| key(name, skip)) {
                    self.slips.entry(key).or_default().push(id);
                }
            }
        }
    }

    /// The node behind a unit, seen from a node.
    pub(crate) fn step(&self, node: u32, unit: u32) -> Option<u32> {
        if node == 0 {
            return self.first.get(unit as usize).copied().filter(|child| *child != 0);
        }
        self.edges.get(&(node, unit)).copied()
    }

    /// The meaning that ends at a node.
    pub(crate) fn meaning(&self, node: u32) -> Option<&Meaning> {
        self.ends.get(node as usize)?.as_ref()
    }

    /// The meaning of a phrase in its listed form.
    pub(crate) fn phrase(&self, text: &str) -> Option<&Meaning> {
        let mut node = 0;
        for unit in units(text) {
            node = self.step(node, *self.units.get(&unit)?)?;
        }
        self.meaning(node)
    }

    /// Whether an English word is an everyday one.
    pub(crate) fn is_everyday(&self, word: &str) -> bool {
        self.everyday.contains(word)
    }

    /// Whether words joined by a hyphen are one English word, and not a name.
    pub(crate) fn is_hyphenated(&self, word: &str) -> bool {
        self.hyphenated.contains(word) || word.strip_suffix('s').is_some_and(|base| self.hyphenated.contains(base))
    }

    /// The unit of an ideograph.
    pub(crate) fn han(&self, c: char) -> Option<u32> {
        self.ideographs.get(&c).copied()
    }

    /// The units an English word may be an inflected form of, the listed form first.
    pub(crate) fn english(&self, word: &str) -> Ids {
        if !word.ends_with(['s', 'g', 'd', 'n', 't', 'k', 'w', 'e']) {
            return self.units.get(word).map_or_else(Ids::default, |id| Ids::one(*id));
        }
        let mut found = Ids::default();
        stems(word, |candidate, inflection| {
            if let Some(id) = self.units.get(candidate) {
                found.push(*id, inflection);
            }
        });
        found
    }

    /// The unit from which a word differs by one slip of the keyboard; none for everyday words and where unsure.
    pub(crate) fn typo(&self, word: &str) -> Ids {
        if word.len() < 4 || word.len() > 16 || !word.bytes().all(|b| b.is_ascii_lowercase()) || self.is_everyday(word) {
            return Ids::default();
        }
        let mut found: Option<u32> = None;
        for key in (0..=word.len()).map(|skip| key(word, skip)) {
            for id in self.slips.get(&key).into_iter().flatten() {
                if found != Some(*id) && self.names.get(*id as usize).is_some_and(|name| is_slip(name, word)) {
                    if found.is_some() {
                        return Ids::default();
                    }
                    found = Some(*id);
                }
            }
        }
        found.map_or_else(Ids::default, Ids::one)
    }
}

/// Chinese verbs that take the value they lead to: 调整为, 扩到.
const TOWARDS: &str =
    "调整 修改 变更 更改 更新 升级 降级 切换 扩容 缩容 设置 设定 配置 扩展 增加 减少 提升 提高 降低 调 改 换 转 升 降 扩 缩 设 加 减";
/// Chinese verbs that let a small word in between their halves: 关一下机, 开个机.
const APART: &str = "开机 关机 停机 断电 断网";

/// Chinese verbs as they are built from a listed one.
fn built_from(word: &str) -> Vec<String> {
    let mut built = Vec::new();
    if TOWARDS.split(' ').any(|verb| verb == word) {
        built.extend(["到", "为", "成", "至"].iter().map(|end| format!("{word}{end}")));
    }
    // 停用掉, 隔离起来: what follows a verb of two ideographs says that it is done to the end.
    if word.chars().count() == 2
        && word.chars().all(is_han)
        && !word.ends_with(['掉', '了', '到', '为', '成', '至', '一', '下', '来', '去', '出', '住', '上'])
    {
        built.extend(
            [
                "掉",
                "一下",
                "下",
                "一遍",
                "一次",
                "一把",
                "一轮",
                "一趟",
                "一回",
                "起来",
                "回去",
                "回来",
                "过来",
                "过去",
                "出去",
                "出来",
                "上去",
                "下去",
                "看看",
                "试试",
                "试一下",
            ]
            .iter()
            .map(|end| format!("{word}{end}")),
        );
    }
    // 停一下, 关一关: a verb of one ideograph, done in passing.
    if word.chars().count() == 1 && word.chars().all(is_han) {
        built.extend([format!("{word}一下"), format!("{word}一{word}"), format!("{word}下")]);
    }
    // "re-deploy" beside "redeploy".
    if let Some(rest) = word.strip_prefix("re").filter(|rest| rest.len() > 3 && rest.bytes().all(|b| b.is_ascii_lowercase())) {
        built.push(format!("re-{rest}"));
    }
    let mut halves = word.chars();
    if APART.split(' ').any(|verb| verb == word)
        && let (Some(first), Some(second)) = (halves.next(), halves.next())
    {
        built.extend(["一下", "下", "个", "了个", "一个"].iter().map(|between| format!("{first}{between}{second}")));
    }
    built
}

/// Whether a phrase begins with a verb of a group and goes on after it.
fn begins_with_verb(phrase: &str, group: Words) -> bool {
    split(group).any(|verb| {
        phrase.strip_prefix(verb).is_some_and(|rest| match rest.chars().next() {
            Some(' ' | '-') => true,
            Some(next) => is_han(next) && verb.chars().count() > 1,
            None => false,
        })
    })
}

/// A number for a word without one of its letters; without none where `skip` is its length (FNV-1a, 64 bits). What meets by chance
/// is told apart by [`is_slip`].
fn key(word: &str, skip: usize) -> u64 {
    let letters = word.bytes().enumerate().filter(|(at, _)| *at != skip);
    letters.fold(0xcbf2_9ce4_8422_2325, |sum, (_, b)| (sum ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// One letter too many, too few, other, or two neighbours swapped; the first letter is right. Words of four letters only swap.
fn is_slip(listed: &str, written: &str) -> bool {
    let (a, b) = (listed.as_bytes(), written.as_bytes());
    if a.first() != b.first() || a == b {
        return false;
    }
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let swapped = match (rest_a, rest_b) {
        ([x1, x2, xs @ ..], [y1, y2, ys @ ..]) => x1 == y2 && x2 == y1 && xs == ys,
        _ => false,
    };
    if swapped {
        return true;
    }
    if a.len() < 5 {
        return false;
    }
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => a.len() >= 6 && rest_a.get(1..) == rest_b.get(1..),
        std::cmp::Ordering::Less => rest_b.get(1..) == Some(rest_a),
        std::cmp::Ordering::Greater => rest_a.get(1..) == Some(rest_b),
    }
}

/// The units of a listed word: ideographs one by one, English words whole.
pub(crate) fn units(word: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for letter in &Letters::of(word).letters {
        let c = letter.folded;
        if is_han(c) {
            out.push(c.to_string());
            open = false;
        } else if c.is_alphanumeric() || matches!(c, '\'' | '%' | '=') {
            match out.last_mut() {
                Some(last) if open => last.push(c),
                _ => out.push(c.to_string()),
            }
            open = true;
        } else {
            open = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(word: &str) -> Vec<String> {
        LEXICON.english(word).iter().map(|(id, _)| LEXICON.names[id as usize].clone()).collect()
    }

    #[test]
    fn inflected_words_find_their_listed_form() {
        assert_eq!(english("stopping"), ["stop"]);
        assert_eq!(english("rebooting"), ["reboot"]);
        assert_eq!(english("instances"), ["instance"]);
        assert_eq!(english("resizing"), ["resize"]);
        assert_eq!(english("policies"), ["policies", "policy"]);
    }

    #[test]
    fn one_slip_of_the_keyboard_is_understood_and_two_are_not() {
        let typo = |word: &str| LEXICON.typo(word).iter().map(|(id, _)| LEXICON.names[id as usize].clone()).collect::<Vec<_>>();
        assert_eq!(typo("strat"), ["start"]);
        assert_eq!(typo("rebot"), ["reboot"]);
        assert_eq!(typo("swtich"), ["switch"]);
        assert_eq!(typo("lamdba"), ["lambda"]);
        assert_eq!(typo("sotp"), ["stop"]);
        assert!(typo("sttraat").is_empty());
    }

    #[test]
    fn a_word_of_several_lists_keeps_every_meaning() {
        let stop = LEXICON.phrase("stop").unwrap();
        assert_ne!(stop.verbs, 0);
        assert!(stop.is(Mark::Halt));
        assert!(LEXICON.phrase("停止").unwrap().verbs & stop.verbs != 0);
    }

    #[test]
    fn sets_of_meanings_fit_their_bits() {
        assert!(LEXICON.verb_groups.len() <= 64);
        assert!(catalogue::entries().count() <= 64);
        assert!(catalogue::entries().map(|e| e.words.forms.len()).sum::<usize>() <= 64);
        assert!((Mark::Chat as u32) < 128);
    }
}
