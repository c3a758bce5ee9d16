//! Kinds beyond the reference rules, made on the spot: secrets of AWS, connection strings, keys, people's data.
//! Entry function: [`samples`].

use super::contexts::{AROUND, NAMED, around, named};
use super::generate::Dice;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const ALNUM: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BASE64: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
const URL64: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
const HEX: &str = "0123456789abcdef";
const KEY_ID: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A text, the secret in it, the kind, and whether it opens AWS.
pub(super) struct Own {
    pub kind: &'static str,
    pub aws: bool,
    pub text: String,
    pub secret: String,
}

/// Every kind, in every dress that fits it.
pub(super) fn samples(rounds: usize, dice: &mut Dice) -> Vec<Own> {
    let mut all = Vec::new();
    for _ in 0..rounds {
        aws(dice, &mut all);
        connections(dice, &mut all);
        keys(dice, &mut all);
        people(dice, &mut all);
    }
    all
}

fn push(all: &mut Vec<Own>, kind: &'static str, aws: bool, text: String, secret: &str) {
    all.push(Own { kind, aws, text, secret: secret.to_owned() });
}

fn aws(dice: &mut Dice, all: &mut Vec<Own>) {
    for prefix in ["AKIA", "ASIA"] {
        let id = format!("{prefix}{}", dice.text(16, KEY_ID));
        AROUND.iter().for_each(|dress| push(all, "aws access key id", true, around(dress, &id), &id));
        push(
            all,
            "aws access key id",
            true,
            format!("https://b.s3.amazonaws.com/k?X-Amz-Credential={id}%2F20261128%2Feu-west-1%2Fs3"),
            &id,
        );
        push(all, "aws access key id", true, format!("User: arn:aws:iam::111122223333:user/ci ({id}) is not authorized"), &id);
    }
    let secret = dice.text(40, BASE64);
    for dress in NAMED {
        // In an address a `+` and a `/` would be written otherwise.
        let secret = if dress == "url" { secret.replace(['+', '/'], "x") } else { secret.clone() };
        for name in ["AWS_SECRET_ACCESS_KEY", "secretAccessKey", "aws_secret_key"] {
            push(all, "aws secret access key", true, named(dress, name, &secret), &secret);
        }
    }
    let block =
        format!("[default]\naws_access_key_id = AKIA{}\naws_secret_access_key = {secret}\nregion = eu-west-1\n", dice.text(16, KEY_ID));
    push(all, "aws secret access key", true, block, &secret);
    let session = format!("IQoJb3JpZ2luX2Vj{}==", dice.text(300, BASE64));
    for dress in NAMED {
        push(all, "aws session token", true, named(dress, "AWS_SESSION_TOKEN", &session), &session);
    }
    for dress in AROUND {
        push(all, "aws session token", true, around(dress, &session), &session);
        let long = format!("ABSK{}", dice.text(128, BASE64));
        push(all, "bedrock key", true, around(dress, &long), &long);
        let short = format!("bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t{}", dice.text(200, BASE64));
        push(all, "bedrock key", true, around(dress, &short), &short);
    }
    let signature = dice.text(64, HEX);
    let signed = format!("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-Signature={signature}");
    push(all, "aws signed address", true, signed, &signature);
}

fn connections(dice: &mut Dice, all: &mut Vec<Own>) {
    for scheme in ["postgres", "postgresql", "mysql", "mongodb+srv", "redis", "rediss", "amqp", "amqps", "https", "ftp", "jdbc:postgresql"]
    {
        let length = 8 + dice.below(20);
        let password = dice.text(length, &format!("{ALNUM}!$*-_."));
        let text = format!("{scheme}://app_user:{password}@db-1.internal.example:5432/orders?sslmode=require");
        for dress in ["line", "log", "json", "code", "chinese"] {
            push(all, "connection string", false, around(dress, &text), &password);
        }
        push(all, "connection string", false, format!("DATABASE_URL={text}\n"), &password);
    }
    let password = format!("{}{}!", dice.text(9, ALNUM), dice.below(10));
    let server = format!("Server=tcp:db.example,1433;Initial Catalog=orders;User ID=sa;Password={password};Encrypt=True;");
    push(all, "connection string", false, server.clone(), &password);
    push(all, "connection string", false, format!("{{\"ConnectionStrings\": {{\"Main\": \"{server}\"}}}}"), &password);
    let key = format!("{}==", dice.text(86, BASE64));
    push(
        all,
        "connection string",
        false,
        format!("DefaultEndpointsProtocol=https;AccountName=orders;AccountKey={key};EndpointSuffix=core.windows.net"),
        &key,
    );
    let length = 8 + dice.below(8);
    let password = format!("{}{}", dice.text(length, ALNUM), dice.below(10));
    for dress in NAMED {
        for name in ["DB_PASSWORD", "password", "mysql_root_pwd"] {
            push(all, "password", false, named(dress, name, &password), &password);
        }
    }
    for text in [
        format!("密码：{password}"),
        format!("数据库密码是{password}，请保密"),
        format!("口令: {password}"),
        format!("the password is {password}."),
        format!("mysqldump --password={password} orders"),
        format!("登录密码为 {password}"),
    ] {
        push(all, "password", false, text, &password);
    }
}

fn keys(dice: &mut Dice, all: &mut Vec<Own>) {
    let encoded = |dice: &mut Dice, len| dice.text(len, URL64);
    let token = format!("eyJ{}.eyJ{}.{}", encoded(dice, 33), encoded(dice, 120), encoded(dice, 43));
    for dress in AROUND {
        push(all, "jwt", false, around(dress, &token), &token);
    }
    push(all, "jwt", false, format!("Authorization: Bearer {token}\r\n"), &token);
    for title in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let body: Vec<String> = (0..12).map(|_| dice.text(64, BASE64)).collect();
        let block = format!("-----BEGIN {title}-----\n{}\n-----END {title}-----", body.join("\n"));
        let secret = body.first().cloned().unwrap_or_default();
        push(all, "private key", false, format!("cert:\n{block}\nnext: 1\n"), &secret);
        push(all, "private key", false, format!("{{\"private_key\": {}}}", serde_json::Value::from(block.as_str())), &secret);
        let cut: String = block.chars().take(500).collect();
        push(all, "private key", false, format!("log cut off: {cut}"), &secret);
    }
    let length = 20 + dice.below(30);
    let opaque = dice.text(length, ALNUM);
    for header in ["Authorization: Bearer ", "authorization: Basic ", "Proxy-Authorization: Basic ", "Authorization: Token "] {
        push(all, "authorization header", false, format!("> {header}{opaque}\r\n> Accept: */*\r\n"), &opaque);
    }
    let value = dice.text(30, ALNUM);
    for name in ["API_KEY", "client_secret", "ACCESS_TOKEN", "webhook_secret", "authToken"] {
        for dress in NAMED {
            push(all, "named secret", false, named(dress, name, &value), &value);
        }
    }
}

fn people(dice: &mut Dice, all: &mut Vec<Own>) {
    let mut dressed = |kind, secret: &str| {
        for text in [
            format!("联系人 {secret}，请核实"),
            format!("客户资料：{secret}。"),
            format!("{{\"note\":\"call {secret} now\"}}"),
            format!("user={secret} status=active"),
            format!("name,{secret},2026"),
        ] {
            push(all, kind, false, text, secret);
        }
    };
    let digits = |dice: &mut Dice, len| dice.text(len, "0123456789");
    let phone = format!("1{}{}", 3 + dice.below(7), digits(dice, 9));
    dressed("phone number", &phone);
    let (head, tail) = phone.split_at(3);
    let (middle, end) = tail.split_at(4);
    dressed("phone number", &format!("{head}-{middle}-{end}"));
    dressed("phone number", &format!("+86 {phone}"));
    let born = format!("{}{:02}{:02}", 1950 + dice.below(60), 1 + dice.below(12), 1 + dice.below(28));
    let body = format!("{}{}{born}{}", ["11", "31", "44", "51"].get(dice.below(4)).unwrap_or(&"11"), digits(dice, 4), digits(dice, 3));
    dressed("identity number", &format!("{body}{}", identity_check(&body)));
    for (prefix, len) in [("4", 16), ("51", 16), ("34", 15), ("37", 15), ("6225", 16), ("6217", 19), ("3528", 16)] {
        let body = format!("{prefix}{}", digits(dice, len - prefix.len() - 1));
        let card = format!("{body}{}", luhn_check(&body));
        dressed("card number", &card);
        if len == 16 {
            let parts: Vec<String> = card.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
            dressed("card number", &parts.join(" "));
            dressed("card number", &parts.join("-"));
        }
    }
    let mail = format!("{}.{}{}@{}.com.cn", dice.text(5, LOWER), dice.text(4, LOWER), dice.below(90), dice.text(7, LOWER));
    dressed("mail address", &mail);
}

/// The check digit of GB 11643.
fn identity_check(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().filter_map(|c| c.to_digit(10)).zip(WEIGHTS).map(|(d, w)| d * w).sum();
    "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('0')
}

fn luhn_check(body: &str) -> u32 {
    let sum: u32 =
        body.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(|(i, d)| if i % 2 == 1 { d } else { d / 5 + d * 2 % 10 }).sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_examples() {
        assert_eq!(identity_check("11010519491231002"), 'X');
        assert_eq!(luhn_check("411111111111111"), 1);
        assert_eq!(luhn_check("37828224631000"), 5);
    }

    #[test]
    fn every_text_holds_its_secret() {
        for own in samples(2, &mut Dice::new(3)) {
            let inside = own.text.contains(&own.secret) || own.text.contains(&serde_json::Value::from(own.secret.as_str()).to_string());
            assert!(inside, "{}: {}", own.kind, own.text);
        }
    }
}
