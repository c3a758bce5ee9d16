//! Words that stand for each other inside longer ones: what the same thing is called elsewhere. Entry point: [`variants`].
//!
//! A list says "公网访问" or "db instance" once; "外网访问", "database instance" and "db server" follow from here, by concept instead of list by
//! list. A word leads to others, not back, where the others have meanings of their own (数据 is 资料 in Taiwan, 资料 also means documents).
//!
//! Invariant: only further names of listed things; nothing here has a meaning of its own. Bounded: [`MOST`] for each listed word.

use std::sync::LazyLock;

use crate::lexicon::units;

/// Further names that one listed word may lead to.
const MOST: usize = 24;

/// A word, and behind the sign those it leads to.
const ALIKE: &[&str] = &[
    // Mainland, Taiwan, Hong Kong.
    "默认>预设|缺省",
    "预设>默认|缺省",
    "公网>外网|互联网|网际网路|公共网络",
    "外网>公网|互联网|网际网路|公共网络",
    "互联网>网际网路|因特网|公网|外网",
    "账户>账号",
    "账号>账户",
    "存储桶>储存桶|储存贮体",
    "存储>储存",
    "服务器>伺服器",
    "磁盘>磁碟",
    "硬盘>硬碟",
    "云盘>磁碟区",
    "内存>记忆体",
    "集群>丛集|群集",
    "队列>伫列",
    "函数>函式",
    "接口>介面",
    "网络>网路",
    "软件>软体",
    "硬件>硬体",
    "程序>程式",
    "项目>专案",
    "用户>使用者",
    "密钥>金钥",
    "数据库>资料库",
    "数据表>资料表",
    "并发>并行",
    "实例>执行个体",
    "端口>连接埠|埠",
    "创建>建立|新建",
    "查看>检视",
    "搜索>搜寻|检索",
    "刷新>重新整理",
    "信息>资讯",
    "消息>讯息",
    "负载均衡>负载平衡|负载平衡器|负载均衡器",
    "伸缩组>扩缩组|扩展组|扩展群组|扩缩群组",
    "安全组>安全群组",
    "节点组>节点群组|节点池",
    "目标组>目标群组",
    "日志组>日志群组",
    "堆栈>堆叠",
    "超时>逾时",
    "权限>许可权",
    "轮换>轮替|轮转",
    "缓存>快取",
    "告警>警报|警示|报警",
    "报警>告警|警报",
    "访问>存取",
    "公开访问>公共访问|公有访问",
    "公共访问>公开访问|公有访问",
    "费用>花费|开销",
    "花费>费用|开销",
    "故障转移>容错移转|故障切换",
    "删除保护>防删除保护|删除防护|防误删",
    // English.
    "database>db",
    "db>database",
    "auto scaling>autoscaling",
    "autoscaling>auto scaling",
    "security group>sg|sec group|secgroup",
    "node group>nodegroup|node pool",
    "target group>tg",
    "load balancer>lb|alb|nlb|elb",
    "instance type>machine type|server type|vm type|instance size",
    "ec2 instance>ec2 box|ec2 machine|ec2 server|ec2 host|ec2 vm",
    "db instance>db server|db box|db machine",
    "deletion protection>delete protection|protection against deletion|protection from deletion",
    "dead letter>deadletter",
    "config>configuration",
    "configuration>config",
    "concurrency>parallelism",
    "versioning>version control",
    "environment>env",
    "kubernetes>k8s",
    "k8s>kubernetes",
];

/// A word as units, and those it leads to.
type Class = (Vec<String>, Vec<Vec<String>>);

static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let class = |line: &&str| line.split_once('>').map(|(word, others)| (units(word), others.split('|').map(units).collect()));
    ALIKE.iter().filter_map(class).collect()
});

/// What a listed word, given by its units, is called elsewhere.
pub(crate) fn variants(word: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    // What was found may hold another word that is called otherwise; itself first.
    loop {
        let known: Vec<String> = match at {
            0 => word.to_vec(),
            _ => match found.get(at - 1) {
                Some(known) => known.clone(),
                None => return found,
            },
        };
        for (from, others) in CLASSES.iter() {
            let Some(place) = known.windows(from.len()).position(|stretch| stretch == from.as_slice()) else { continue };
            for other in others {
                let parts = [known.get(..place), Some(other.as_slice()), known.get(place + from.len()..)];
                let variant: Vec<String> = parts.into_iter().flatten().flatten().cloned().collect();
                if found.len() < MOST && variant != word && !found.contains(&variant) && variant.len() <= word.len() + 4 {
                    found.push(variant);
                }
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(word: &str) -> Vec<String> {
        variants(&units(word)).into_iter().map(|v| v.join(" ")).collect()
    }

    #[test]
    fn a_listed_word_is_known_by_its_other_names() {
        assert!(called("公网访问").contains(&"外 网 访 问".to_owned()));
        assert!(called("默认加密").contains(&"预 设 加 密".to_owned()));
        assert!(called("rds db instance").contains(&"rds db server".to_owned()));
        assert!(called("stop").is_empty());
    }

    #[test]
    fn names_lead_to_a_bounded_number_of_others() {
        for word in crate::vocabulary::listed::all() {
            let units: Vec<String> = word.split(' ').map(str::to_owned).collect();
            assert!(variants(&units).len() <= MOST, "{word}");
        }
    }
}
