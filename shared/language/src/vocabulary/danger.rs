//! What is refused whatever else a sentence says. Entry point: [`WORDS`].
//!
//! Invariant: none of these marks ever supports an operation; they only take one away.

use catalogue::Words;

use super::Mark;

/// The words.
pub(crate) const WORDS: &[(Mark, Words)] = &[
    (
        Mark::Destroy,
        "terminate|delete|destroy|drop|wipe|wipe out|erase|purge|nuke|kill|kill off|truncate|format|shred|uninstall|obliterate|annihilate|eradicate|decommission|tear down|teardown|blow away|burn down|get rid of|remove|scrap|eliminate|dispose of|throw away|trash|zap|deprovision|unregister|rm|flush|empty|overwrite|clear|clean up|clean out|remove permanently|schedule deletion|schedule for deletion|detach|deregister|disassociate|\
         删除|删掉|删了|删|销毁|清空|清除|清掉|清理|清理掉|抹掉|抹除|擦除|格式化|终止|终结|干掉|卸载|注销|释放掉|释放|毁掉|铲掉|扔掉|丢掉|拆掉|拆除|下线掉|回收掉|粉碎|弄死|砍掉|杀掉|杀死|杀|彻底删除|永久删除|删库|drop 掉|terminate 掉|移除|废弃|退役|销户|解绑|卸掉|拔掉|报废|毁尸灭迹|作废|剁掉|灭掉|清盘|拆了",
    ),
    (
        Mark::Bypass,
        "bypass|skip|ignore|circumvent|override|overrule|work around|get around|go around|disregard|without waiting for|without|no need for|no|don't need|do not need|don't wait for|do not wait for|suppress|evade|sidestep|forget|forget about|dodge|waive|don't bother with|no waiting for|exempt|force through|\
         don't wait|don't require|ignoring|绕过|跳过|绕开|忽略|无视|略过|免|不用等|不等|不需要|无需|不经过|不经|不走|不必|不用|别走|别等|省略|越过|强行|免去|无须|不要|避开|规避|甩开|免掉|没|未经|没有|别管|不管|不顾",
    ),
    (
        Mark::Disarm,
        "disable|turn off|switch off|deactivate|suspend|remove|drop|stop|pause|mute|silence|clear|delete|wipe|erase|purge|edit|alter|falsify|tamper|modify|change|rewrite|取消|关掉|关闭|去掉|停掉|暂停|屏蔽|禁用|停用|停止|解除|删除|清空|删掉|篡改|修改|伪造|改掉|抹掉|关了|清除|清掉",
    ),
    (
        Mark::Guard,
        "approval|approvals|the approval|approval process|approval workflow|approver|approvers|sign-off|sign off|policy|policies|policy check|policy checks|guardrail|guardrails|safety check|safety checks|safety belt|safety belts|checks|review|four eyes|mfa|second person|second approver|audit|audit log|audit logging|audit trail|audit record|logging|rules|restrictions|change window|freeze|governance|instructions|previous instructions|confirmation|confirming|controls|asking|permission|anyone's approval|safeguards|cool-down|cooldown|审批|审批流程|批准|策略|策略检查|安全检查|护栏|审计|审计日志|审计记录|日志记录|规则|限制|变更窗口|封网|复核|二次确认|确认|流程|双人复核|检查|安全策略|限额|冷却|管控|监管|审核|安全措施|授权|权限检查|校验|同意|走流程|审批单|留痕|走审批|走变更|变更流程|走变更流程|审批流",
    ),
    (
        Mark::HardGuard,
        "approval|approvals|approval process|audit|audit log|audit logs|audit logging|audit trail|audit record|audit records|audit chain|cloudtrail|trail|trails|guardrail|guardrails|mfa|policy check|policy checks|safety check|safety checks|change freeze|four eyes|kill switch|cloudtrail logging|guardduty|security hub|config recorder|flow log|flow logs|platform role|审批|审批流程|审计|审计日志|审计记录|操作记录|操作日志|日志记录|护栏|安全检查|策略检查|双人复核|哈希链|审计跟踪|多因素|二次确认|审批人|流日志|威胁检测",
    ),
    (
        Mark::Bypass,
        "auto-approve|auto approve|self-approve|self approve|approve it myself|approve automatically|approve it yourself|approve it for me|without asking|no questions asked|without telling|quietly|secretly|on the quiet|behind their back|先斩后奏|免审批|免审|偷偷|悄悄|自己批|自己批准|自动批准|自己审批|自己给自己批|别问|不用问|别告诉|不走流程|直接批|替我批|帮我批了|绕过审批|别让人知道|瞒着",
    ),
    (
        Mark::Injection,
        "ignore all previous|ignore previous|ignore the previous|ignore your|ignore all|disregard all|disregard previous|forget your|forget all|forget everything|previous instructions|prior instructions|system prompt|your prompt|initial prompt|your instructions|you are now|act as|pretend|pretend to be|roleplay|role-play|jailbreak|developer mode|god mode|dan mode|sudo mode|maintenance mode enabled|maintenance mode|debug mode|admin mode|new instructions|override mode|\
         unrestricted|no restrictions|system override|repeat the above|reveal your|print your|your rules|忽略之前|忽略以上|忽略前面|忽略所有|忘记之前|忘掉之前|忘掉|你现在是|从现在开始你|假装|扮演|系统提示词|系统提示|提示词|原样打印|没有任何限制|不受限制|无限制|越狱|开发者模式|上帝模式|管理员模式|调试模式|新的指令|覆盖指令|维护模式|你的设定|之前的指令|之前的所有规则|所有规则",
    ),
    (
        Mark::Shell,
        "rm -rf|sudo|bash|shell|sh -c|ssh into|powershell|kubectl|terraform|helm|docker|curl|wget|chmod|chown|ansible|cloudformation deploy|python script|run a script|run script|run this script|run command|run commands|shell script|shell command|run the command|execute command|execute a command|systemctl|apt-get|yum|npm|mkfs|dd if|drop table|drop database|\
         truncate table|select from|update set|delete from|insert into|ssm send-command|exec into|psql|mysql -e|redis-cli|flushall|crontab|脚本|命令行|跑脚本|执行脚本|执行命令|运行命令|跑个命令|跑条命令|登录到机器|登上去|远程执行|跑一段|执行 sql|跑 sql|执行一段|执行以下|运行以下|跑一条|bash 命令|shell 命令|sql|用户数据|user data|userdata|user-data",
    ),
    (
        Mark::Grant,
        "grant|give|attach|assign|add|make|elevate|promote|escalate|put|create|associate|bind|let|authorize|authorise|allow|provide|hand|upgrade|raise|set|set up|授予|授权|赋予|赋权|给|附加|加上|绑定|提权|提升|开通|添加|加|升级为|设为|变成|让|分配|挂上|挂|开|弄成|搞成",
    ),
    (
        Mark::Power,
        "administratoraccess|administrator access|admin access|admin rights|admin role|admin permissions|admin privileges|administrator|administrator rights|administrators|admin|admins|poweruseraccess|power user|root|root access|full access|iamfullaccess|superuser|super user|iam policy|managed policy|inline policy|privilege|privileges|write access|read access|iam:*|permission boundary|trust policy|assume role policy|\
         管理员|管理员权限|超级权限|超级管理员|最高权限|全部权限|所有权限|root 权限|完全权限|写权限|读权限|读写权限|权限|信任策略|托管策略|管理权限|admin 权限",
    ),
    (
        Mark::CreateNew,
        "fix|repair|remediate|heal|self-heal|auto-fix|autofix|patch up|sort out|take care of|修复|修好|修一下|修|自动修复|解决|create|launch|provision|spin up a new|set up a new|make a new|new instance|new bucket|new user|new role|create user|create-user|create role|create access key|new access key|create instance|buy|purchase|attach|detach|import|upload|copy|migrate|rename|whitelist|install|download|invite|close account|创建|新建|建一个|建个|开一台|开台|买|购买|采购|申请|新增|注册|安装|升级系统|打补丁|迁移|改名|重命名|复制|拷贝|上传|下载|导出|导入|挂载|恢复数据|搭建|搭|新开|再开|加一台|再买|邀请|加入组织|退出组织|关闭账户|挂一块|挂个|加一块|加块|一块新盘|新盘",
    ),
    (
        Mark::SecretValue,
        "secret value|value of secret|value of the secret|password of|password for|the password|passwords|plaintext|plain text|credentials of|credentials for|private key|secret access key|secret key|connection string|api token|reveal|decrypt|show the secret|print the secret|contents of the secret|content of the secret|get-secret-value|secret's value|\
         密码是多少|密码是什么|密码发|密码给|明文|密钥内容|密钥的值|密钥值|密码|私钥|连接串|解密|口令|机密内容|secret 的值|secret 值|机密的值|值是多少|当前值|原文",
    ),
    (
        Mark::Retract,
        "never mind|nevermind|forget it|scratch that|on second thought|changed my mind|no wait|wait no|actually no|actually don't|hold on|just kidding|kidding|not really|stop that|不对不对|算了|还是算了|不用了|当我没说|开玩笑|逗你|等等|等一下先|先别了|不要了|别弄了|不弄了|还是别|取消刚才|不做了|先不了|先等等|作罢|免了|拉倒|别了",
    ),
    (
        Mark::Chat,
        "hello|hello world|hi there|good morning|good evening|good night|how are you|thank you so much|joke|poem|story|weather|song|sing|lunch|dinner|coffee|movie|love you|bye|goodbye|happy birthday|who won|recipe|news|translate|你好呀|早上好|晚安|下午好|吃了吗|吃饭|笑话|讲个笑话|天气|唱歌|诗|写首诗|故事|电影|再见|拜拜|辛苦了|中午吃什么|星座|股票|彩票|翻译|爱你|生日快乐|周末去哪",
    ),
];
