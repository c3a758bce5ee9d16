//! Asks a model one sentence and prints what came back: `cargo run -p bedrock --example ask -- MODEL "the sentence"`.
//! Where AWS is (or the local stack) and who asks come from the usual environment variables.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::time::Duration;

use bedrock::Bedrock;
use model::{Port, Question, Said};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [model, sentence] = words.as_slice() else {
        println!("usage: ask MODEL SENTENCE");
        return;
    };
    let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let question = Question::understand(&Said::of(sentence), &[], &|text: &str| text.to_owned(), 7);
    println!("{:?}", Bedrock::new(&aws, Duration::from_millis(2500)).ask(model, &question).await);
}
