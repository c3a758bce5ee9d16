//! Topics of questions and the nouns of parameters. Entry points: [`WORDS`], [`PARAMETERS`].

use catalogue::Words;

use super::Mark;

/// Topics.
pub(crate) const WORDS: &[(Mark, Words)] = &[
    (
        Mark::Show,
        "show|show me|list|list out|display|print|view|see|get|give me|fetch|retrieve|describe|look at|take a look|let me see|pull up|bring up the|tell me|report|dump|enumerate|看|看看|看下|看一下|看一看|查看|查|查下|查一下|查询|列|列出|列出来|列一下|列下|列举|显示|展示|给我看|给我看看|发我|发我一下|瞧瞧|瞅瞅|拉一下|拉个|调出|打印|告诉我|说说|说一下|列个|罗列|调出来|给我一份|来一份|发一下|想看|瞄一眼|explain|解释|解释一下|讲讲|讲一下|说明一下|介绍|给我说说|look up|list up|summarize|summarise|总结|总结一下|概述",
    ),
    (Mark::Check, "check|check on|inspect|examine|look into|see if|check up|检查|检查一下|查查|核查|巡检|检视|排查一下|盘一下|点检|检一下"),
    (
        Mark::List,
        "list|inventory|listing|overview|catalog|catalogue|列表|清单|目录|一览|名单|明细|盘点|汇总|总览|都有哪些|有哪些|有那些|有几个|有多少|有几台",
    ),
    (
        Mark::Help,
        "help|help me out|can i ask|things can i ask|rundown of commands|your commands|what is possible here|where do i start|usage|commands|command list|what can you do|what can i do|what can i ask|how do i use|how to use|what do you do|capabilities|what are you able|manual|guide|instructions for use|what commands|getting started|your features|your abilities|what are your|what you can do|what else can you|what things can you|帮助|命令|指令|使用说明|使用方法|怎么用|如何使用|能做什么|能干什么|能干啥|能干些啥|能做啥|会什么|会做什么|what can this bot do|what can the bot do|what does this bot do|what does the bot do|what can this tool do|what does this tool do|what can this do|what does this do|what is this bot|what is this tool|会些什么|会些啥|都会些什么|你都会什么|能做些什么|能干些什么|能做哪些|能干哪些|你会干啥|有啥功能|功能介绍|怎么使用|如何用|怎么用你|使用帮助|what do you offer|what do you support|what is possible|what features|how does this work|how do you work|how can you help|how could you help|what are you good at|what are you capable of|what are you for|可以做什么|有什么功能|有哪些功能|哪些功能|功能列表|功能|用法|使用指南|你会啥|你会些什么|都会什么|教我用|入门|支持哪些|支持什么|能帮我做|能帮我干|可以帮我做什么|能帮什么|能干嘛|会干啥|可以干什么|可以干啥|可以问你|能问你|帮得上|帮上什么|新手指南|操作指南|使用手册|说明书|使用文档|user guide|user manual|功能介绍|rundown of|help me|help us|帮帮我|需要帮助|求助|教教我|跟你说话|和你对话|interact with you|talk to you|work with you|how does this work|how does it work|how this works|what is this|what are you|介绍一下|自我介绍|introduce yourself|介绍下|menu|菜单|示例|例子|examples|example|tutorial|教程|quick start|快速入门|使用帮助|options|选项|怎么玩|上手|新手|有啥用|有什么用|能做些什么|可以做些什么|what's available|cheat sheet|cheatsheet|怎么开始|从哪开始|how to start|how do i start|where do i start|how do i begin|how can you help|how can you help me",
    ),
    (
        Mark::Health,
        "health|healthy|unhealthy|looking|looking good|looking healthy|holding up|hanging in there|faring|有没有什么问题|有没有啥问题|有什么问题没有|有啥问题没|有问题没|health check|healthcheck|alive|up and running|ok|okay|fine|well|running ok|working|in good shape|available|reachable|any problems|any issues|any issue|problems|all good|all right|alright|up or down|is up|are up|down|doing|degraded|stable|健康|健康检查|健康状况|健康状态|健康度|正常|还好|好着|活着|可用|体检|毛病|不正常|是否正常|正常吗|好不好|稳定|稳不稳|还行|运行状况|运行状态|运行情况|状态检查|没问题吧|有没有问题|有问题吗|还活着|挂没挂|挂了没|挂了吗|好使|平稳|状况|通不通|还健康|撑得住|up|有没有挂|挂没有|有没有宕|有没有宕机",
    ),
    (
        Mark::Status,
        "what's going on|what is going on|what happened|什么情况|啥情况|status|state|progress|how far|standing|eta|where is|where are we|where does|what happened to|update on|any update|any news|latest on|状态|进度|进展|情况|到哪了|到哪一步|哪一步|走到哪|什么阶段|如何了|怎么样了|怎样了|咋样了|最新情况|最新进展|处于什么|正在执行|执行中|在执行|进行中|ongoing|in flight|in-flight|还在执行|到什么程度|多久能好|还要多久|进展如何|进度怎样|how long until|is it finished|percent complete|where's|whereabouts",
    ),
    (
        Mark::Done,
        "done|finished|complete|completed|over|ready|succeeded|gone through|through|still running|in progress|ended|going|coming along|resolved|fixed|closed|executed|applied|work|landed|完成|完成了|完了|跑完|做完|处理完|执行完|结束|搞定|解决|好了没|成功了|成功没|成了没|恢复了|弄好|修好|好了吗|执行到|跑到|完事|还在跑|还在执行|执行成功|执行了没|进行到|跑得怎么样|执行得怎么样|进行到哪|到哪了|好了|完成没|完成没有|结束没|结束了|搞完|办完|落实|生效|生效了|跑好|执行好|通过了|went through|go through|made it|in effect|effective|rolled out|kick in|settled|succeed",
    ),
    (
        Mark::Metric,
        "cpu|cpu utilization|cpu utilisation|cpu usage|cpu load|memory usage|memory utilization|mem usage|memory|ram usage|disk usage|disk io|disk i/o|disk queue depth|iops|read iops|write iops|throughput|latency|p99|p95|p50|p90|p99 latency|p95 latency|response time|error rate|errors|error count|5xx|4xx|5xx count|5xx errors|4xx errors|request count|requests|request rate|qps|tps|rps|connections|connection count|db connections|database connections|network|network in|network out|network in and out|network traffic|bandwidth|traffic|throttle|throttles|throttling|throttled requests|invocations|invocation count|duration|hit rate|cache hit rate|hit ratio|evictions|queue depth|queue length|backlog|message age|age of oldest message|visible messages|free storage|free storage space|freeable memory|swap|replica lag|replication lag|burst balance|cpu credits|cpu credit balance|load|load average|concurrent executions|healthy host count|consumed capacity|utilization|utilisation|cpu 使用率|cpu 利用率|cpu 占用|cpu 负载|cpu 占用率|使用率|利用率|占用率|内存用量|内存使用率|内存使用|内存占用|内存占用率|用量|磁盘使用率|磁盘占用|磁盘 io|负载|连接数|数据库连接数|命中率|缓存命中率|延迟|时延|响应时间|错误率|错误数|报错数|5xx 数量|5xx 比例|4xx 数量|请求数|请求量|访问量|吞吐|吞吐量|带宽|网络流量|流入流量|流出流量|进出流量|入流量|出流量|出入流量|调用次数|调用量|次数|执行时长|耗时|平均耗时|积压|积压量|堆积|堆积量|消息堆积|队列长度|消息数|可见消息数|消息积压|剩余空间|剩余存储|可用内存|空闲内存|剩余磁盘|副本延迟|复制延迟|主从延迟|限流次数|节流次数|读写延迟|队列深度|失败率|丢包率|水位|读延迟|写延迟|iops 曲线|平均负载|冷启动次数|并发执行数|健康主机数|失败次数|错误次数|超时次数|重启次数|5xx 错误率|网络进出流量|cpuutilization|freeablememory|databaseconnections|networkin|networkout|volumereadops|volumewriteops|bucketsize|bucket size|object count|packet loss|status check failed|disk space|free space|iops 现在|sizes|慢查询|慢查询数|slow queries|慢查询数量|报错数量",
    ),
    (
        Mark::Metrics,
        "metric|metrics|graph|chart|plot|curve|trend|trends|dashboard|time series|statistics for|monitoring|monitoring data|figures|graph of|指标|监控|监控数据|曲线|走势|趋势|图|画个图|画图|画个|图表|监控图|走势图|曲线图|趋势图|折线图|监控指标|监控曲线|数据|打个图|看板",
    ),
    (
        Mark::Anomaly,
        "anomaly detection|detection of anomalies|anomaly check|anomaly scan|anomaly|anomalies|anomalous|abnormal|abnormality|unusual|weird|strange|odd|outlier|outliers|out of the ordinary|suspicious behavior|spike|spikes|detect anomalies|irregular|irregularities|deviation|deviations|off|fishy|acting up|out of line|anything strange|异常|异样|反常|异动|波动|异常波动|异常检测|不对劲|不寻常|突增|毛刺|尖刺|离群|奇怪|诡异|突刺|异常点|异常情况|抖动|不正常的波动|蹊跷|怪怪的|有没有异常|不正常|不正常的|不太对|哪里不对|跳变|突变|陡增|陡降|激增|骤降|suspicious|unexpected|unusually|out of whack|deviating|surges|dips|sudden change|sudden|异常值|odd looking|abnormally|anything unexpected|可疑|波动大|不稳|异常告警|有啥不对|不对头|怪|有鬼|有没有问题|苗头|突然升高|突然下降|变化异常|outlying|glitch|glitches|blip|blips|hiccup|hiccups|strangely|misbehaving|acting weird|acting strange",
    ),
    (
        Mark::Cause,
        "root cause|rca|root-cause|cause|reason|reason for|investigate|investigation|diagnose|diagnosis|troubleshoot|troubleshooting|debug|what's behind|what is behind|behind|what went wrong|what's wrong|what is wrong|whats wrong|figure out|dig into|analyze|analyse|analysis|explain what happened|look into why|find out|get to the bottom|what broke|post-mortem|postmortem|what's going on|what is going on|what happened|trace the|culprit|the matter|what is the matter|what's the matter|what is up with|what's up with|to blame|responsible for the|shed light|source of|origin of|what led to|根因|原因|根本原因|诊断|排查|定位|定位一下|分析|分析一下|调查|怎么回事|咋回事|什么问题|哪里出问题|出了什么问题|什么原因|啥原因|何故|归因|什么情况|啥情况|怎么了|咋了|问题出在|症结|追查|溯源|查因|刨根|故障分析|根源|罪魁祸首|哪里出了问题|搞清楚|弄清楚|哪出了问题|查明|查清|追一下|是什么引起|引起的|引起|导致|造成",
    ),
    (
        Mark::Symptom,
        "slow|slowly|slowness|卡得不行|慢得不行|热得不行|得不行|得要命|得厉害|得要死|得离谱|sluggish|timeout|timeouts|timing out|time out|crash|crashing|crashed|crashes|failing|failure|failures|fails|failed|oomkilled|oom|oom killed|out of memory|unavailable|unreachable|hang|hanging|hung|piling up|pile up|high cpu|high latency|cold start|error|throttled|throttling|stuck|restarting|restarts|flapping|exhausted|exhaustion|leak|memory leak|lag|lagging|spiking|spike|rising|climbing|dropping|dropped|surge|jump|jumped|spiked|burning|red|broken|degraded|notready|not ready|crashloop|crashloopbackoff|backing up|evicted|deadlock|deadlocks|full|报错|超时|变慢|很慢|太慢|慢|卡顿|卡|挂|挂了|崩溃|崩了|宕机|宕|失败|连不上|不可用|打不开|访问不了|暴涨|飙升|飙高|飙|上涨|下降|下跌|突降|泄漏|泄露|堆积|积压|满了|打满|爆了|死锁|重启了|自己重启|重启不断|不停重启|频繁重启|拒绝连接|5xx|502|503|504|500|404|429|oom 了|高负载|起不来|抖|报警|故障|异常退出|掉线|断连|丢失|变高|过高|升高|偏高|很高|居高不下|耗尽|告警|爆满|跑满|响应慢|转圈|拖慢|延迟高|变差|雪崩|拉不到|拉不起来|内存溢出|重启|掉链子",
    ),
    (
        Mark::Scan,
        "scan|scan for|rescan|sweep|security check|compliance check|assess|assessment|security review|security scan|cost scan|look for|find|hunt for|search for misconfigurations|review security|audit security|audit the security|posture|扫描|扫一遍|扫一下|扫|扫一扫|扫下|扫扫|扫个|安全检查|合规检查|合规扫描|安全扫描|全面检查|安全体检|基线检查|安全评估|合规评估|安全巡检|找出|找找|找一下|筛出|揪出|梳理一下|排查出|re-scan|security audit|compliance audit|cost audit|安全审计|合规审计|security assessment|health scan|sweep for|scan across|盘查|排雷|普查|过一遍|体检扫描|跑个扫描|跑一次扫描|做个扫描|做次扫描|安全检测|检测漏洞|run a check for",
    ),
    (
        Mark::Finding,
        "没有打标签|没打过标签|没有打过标签|缺少标签|标签缺失|没有打标|未标记|没有标记|没有加密|没有备份|没有开启备份|未开启备份|没开加密|未开加密|untagged|no tags|without tags|missing tags|not tagged|no owner tag|没打标签|没有标签|未打标签|缺标签|没标签|无标签|security|compliance|finding|findings|exposure|exposed|public exposure|misconfiguration|misconfigurations|misconfigured|vulnerability|vulnerabilities|risk|risks|unencrypted|not encrypted|without encryption|publicly accessible|open to the world|open to the internet|world open|public bucket|public buckets|idle|unused|wasted|waste|wasting|orphaned|underutilized|underused|oversized|over-provisioned|overprovisioned|stale|resilience|single az|single-az|without backups|no backups|not backed up|backups|without mfa|no mfa|mfa|cost optimization|savings opportunities|best practice|best practices|well-architected|cis|cis benchmark|hygiene|weak|insecure|non-compliant|noncompliant|unprotected|old access keys|unrotated|not rotated|wide open|0.0.0.0/0|secure|安全|合规|暴露|公网暴露|对外暴露|配置错误|错误配置|误配|漏洞|风险|风险项|安全风险|隐患|安全隐患|安全问题|未加密|没加密|没有加密|没开加密|未开启加密|公开的|敞开|闲置|空闲资源|闲置资源|浪费|烧钱|韧性|可靠性|单可用区|没开多可用区|没有备份|没备份|没做备份|没开备份|未开启|没开启|没开|没有开启|没启用|没打开|没轮换|长期未|弱口令|基线|不合规|违规|最佳实践|过期密钥|没有 mfa|没开 mfa|浪费钱|没人用|过度授权|权限过大|单点|单点故障|多可用区|配置不当|裸奔|多余的|僵尸|不安全|公网可访问|成本优化|省钱空间|unattached|detached|没挂载|未挂载|没挂|收费|单 az|not attached|encryption disabled|unused resources|never used|stopped for|over 90 days|older than|公开访问|公网访问|公共访问|public access|publicly readable|anonymous access|外网访问|长期没用|没用的|没人管|弱密码|expired|过期|未轮换|没有轮换|imdsv1|imds v1|without imdsv2|优化建议|成本优化建议|省钱建议|合规报告|安全报告|compliance report|security report|security posture|risk report|open ports|开放端口|暴露的端口|漏洞扫描|隐患排查|闲置情况|资源利用|利用率低|low utilization|underutilised|unpatched|out of date|outdated|eol|deprecated|public ip|public snapshots|shared publicly|cross-account access|wildcard|admin privileges|过宽|太宽|权限过宽|没有保护|缺少|missing|lacking|lack|not enabled|not protected|no deletion protection|not versioned|without versioning|明文",
    ),
    (
        Mark::Approve,
        "approve|approve it|accept|sign off|sign off on|ok|greenlight|green light|give the go-ahead|go-ahead|thumbs up on|consent|endorse|lgtm|ratify|let through|pass|批准|同意|通过|批了|批掉|批|准了|放行|核准|没问题可以执行|审批通过|点头|准许|给过|过了|批一下|允许执行|可以执行",
    ),
    (
        Mark::Reject,
        "reject|deny|decline|refuse|turn down|veto|disapprove|say no|vote no|don't approve|do not approve|disagree|knock back|send back|turndown|驳回|拒绝|拒掉|拒了|否决|不同意|不批准|不批|打回|不通过|否掉|拒|退回去|毙掉|毙了|不予通过|不予批准|不许执行|不准|回绝|反对",
    ),
    (
        Mark::Approval,
        "to sign off|to sign off on|to be signed off|sign offs|waiting on me|waiting for me|sitting with me|on my desk|approval|approvals|sign off on|approval queue|sign-off|sign off|signoff|approval list|review queue|to approve|for my approval|审批|待审批|待审|审批单|审批列表|审批队列|待办审批|批准请求|审批请求|待批|待批准|等审批|等我批|等我审批|待我审批|要我批|需要我批|要我审批|我来批|待办|等着我批|未审批|没审批的|待签|等我点头|要批|要批的|该批|得批|需批|等批|批的|approver|approvers|second approver|approval request|approval requests",
    ),
    (
        Mark::Pending,
        "to sign off|to be signed off|pending|waiting on me|waiting for me|sitting with me|on my desk|waiting|waiting for|awaiting|await|outstanding|open requests|queue|queued|unapproved|in my queue|on my plate|to sign|need my|needs my|require my|blocked on me|待|等着|等待|等我|待处理|未处理|还没批|没批|在排队|排队|挂着|积着|卡在我",
    ),
    (
        Mark::Plan,
        "plan|plans|change plan|change request|change requests|proposal|proposals|计划|变更计划|方案|变更单|变更请求|变更申请|变更",
    ),
    (Mark::Incident, "incident|incidents|event list|events|outage|case|cases|事件|故障单|工单|事件单|事故|事件列表|故障事件"),
    (
        Mark::Job,
        "job|jobs|task i submitted|execution|executions|run|task|rollout|operation|operations|my request|submitted|last change|任务|执行记录|刚提交|提交的|我提交|刚才的操作|上一个操作|那个操作|作业|请求|request|last request|my last request|change i submitted|last job|我发起的|我刚才|上次|上一次|刚才那个|刚刚那个|那次|这次执行|那次执行|变更单|更改|重启任务|回滚任务",
    ),
    (
        Mark::Undo,
        "undo|take back|reverse|roll back the plan|revert plan|back out|撤回执行|回滚计划|撤销执行|还原计划|回退计划|撤销|恢复原样|回滚|undone|revert|roll back|rollback",
    ),
    (Mark::Withdraw, "withdraw|retract|pull back|cancel|call off|rescind|scrap|撤回|撤掉|取消|收回|撤单|作废|撤销申请"),
    (
        Mark::Sop,
        "sop|sops|runbook|runbooks|playbook|playbooks|procedure|procedures|standard operating procedure|standard operating procedures|operating procedure|run book|play book|预案|应急预案|手册|操作手册|标准操作流程|标准流程|操作流程|处置流程|处理流程|应急手册|运维手册|处置手册|作业指导|剧本|处置预案|流程文档|流程|哪个流程",
    ),
    (
        Mark::Suggest,
        "suggest|recommend|recommendation|advise|propose|which one fits|suitable|appropriate|right|best|good for|handles|applies|apply to|cover|covers|fit|fits|match|matches|should i follow|should i use|do i follow|to follow|deal with|dealing with|推荐|建议|合适|适合|适用|对应|该用|该走|用哪个|走哪个|匹配|应该用|参考哪个|有什么办法|该看哪个|该参考|能用|可用的|对口|按哪个|该按|照哪个|处理",
    ),
    (
        Mark::Run,
        "run|execute|start|launch|trigger|kick off|apply|carry out|go through|invoke|follow|do|fire|perform|执行|运行|跑|跑一遍|跑一下|启动|触发|走一遍|过一遍|按|来一遍|走一下|开跑|跑起来|开始执行",
    ),
    (
        Mark::Steps,
        "steps|details|detail|content|contents|what's in|what is in|what does|explain|open|show|describe|display|view|read|walk me through|look like|say|involve|step by step|详情|步骤|内容|具体|怎么写|讲的|说的|写的|打开|看看|看一下|查看|长什么样|干什么的|包含|写了什么|是什么|里面|内容是|具体内容|详细",
    ),
    (
        Mark::Knowledge,
        "kb|语义搜索|语义检索|knowledge base|knowledge|knowledgebase|known issues|known patterns|pattern library|patterns|知识库|知识|经验库|案例库|经验|知識庫|已知问题|案例|历史案例|故障库|wiki|do we know about|we know about|know about|do we know",
    ),
    (
        Mark::Search,
        "语义搜索|语义检索|search|search for|look up|lookup|find|query|semantic|look for|anything about|anything on|info on|info about|information on|information about|read about|material on|references on|搜|搜索|搜一下|搜下|查找|检索|查|查下|查一下|找|找一下|找找|翻一下|翻翻|有没有关于|关于|语义|查一查|搜搜",
    ),
    (
        Mark::Document,
        "docs|doc|documents|documentation|articles|article|notes on|write-up|write-ups|material|past cases|similar incidents|similar cases|资料|文档|文章|相关案例|类似案例|类似的|记载|处理经验|历史经验|类似情况|类似问题|相关资料|经验总结|处理记录|复盘|复盘文档|postmortems|past incidents|earlier incidents|known fix|known fixes|best practices for|guides|how-to|解决方案|处理办法|历史故障|历史事件|previous incidents|说明|说明文档|介绍文档|操作说明",
    ),
    (
        Mark::Stats,
        "stats|statistics|how big|how many|how large|size of|number of|count|entries|total|summary of|coverage|统计|统计信息|统计数据|多少条|有多少|多大|规模|条目|总数|一共多少|一共有多少|收录|数量|概况|几条|多少|收了",
    ),
    (
        Mark::Before,
        "before|seen before|类似|have we seen|seen this|ever seen|previously|in the past|ever had|happened before|similar|以前|之前|过去有没有|曾经|遇到过|碰到过|出现过|见过|历史上|从前|发生过|last time|the other time|上回|以往|处理过|遇过|碰过|解决过|修过|排查过|踩过",
    ),
    (
        Mark::Answer,
        "answer|answers|suggestion|suggestions|advice|diagnosis|analysis|conclusion|response|reply|result|recommendation|report|root cause|rca|explanation|finding|verdict|that|this|it|your|回答|答案|建议|诊断|结论|分析|结果|答复|根因分析|根因|推荐|报告|判断|解释|方案|回复|你说的|你给的|刚才的|刚刚的|上一条|上个回答",
    ),
    (
        Mark::Good,
        "exactly the problem|that was the problem|that was it|that was the cause|you were right|exactly it|exactly what happened|you got it right|hit the nail|saved me|fixed it|helpful|useful|correct|right|accurate|good|great|spot on|thumbs up|nailed|excellent|perfect|works|worked|upvote|helped|on point|exactly right|solved|nice|well done|great job|good job|did the trick|brilliant|a hit|有用|有帮助|有效|正确|准确|很准|准|挺准|对的|说得对|没错|赞|点赞|好评|很好|挺好|不错|完美|解决了|帮到|帮了大忙|挺有用|靠谱|到位|厉害|很棒|棒|管用|点个赞|给力|一针见血|判断对了|很对|是对的|正解|完全正确|得对|得准|没毛病|有道理|在理|答对|采纳|agree|i agree|得好|good point|makes sense|的确是|确实是|猜对了|正中|有帮助的|找对|找准|判断正确|定位准|success|successful|成功解决|牛|nice one|awesome|赞同|很强|好用|满意|明白了|受用|good bot|love it|well spotted|bingo|yes that's it|that's it|没说错|答得好|不赖|可以的|很清楚|很有道理|很实用|实用|有价值|valuable|insightful|appreciated|that helped|helped a lot|解决了我的问题|还可以|还不错|太准了|绝了|very helpful|so helpful|helps|helped me|it helped|透彻|清楚|清晰|很详细|到点子上|有道理的",
    ),
    (
        Mark::Bad,
        "wrong|incorrect|useless|unhelpful|not helpful|not useful|not correct|not right|bad|inaccurate|thumbs down|misleading|downvote|nonsense|garbage|off the mark|mistaken|poor|didn't help|did not help|doesn't help|no help|missed|misses|off base|rubbish|false|way off|not accurate|not it|isn't it|wide of the mark|不对|错|错的|错误|错了|没用|没有用|没帮助|没有帮助|不准|不准确|不正确|误导|差评|踩|点踩|胡说|扯|瞎说|离谱|不靠谱|没解决|不行|搞错|说错|弄错|判断错|不是这个原因|帮倒忙|跑偏|偏了|瞎扯|不是根因|不是真正|没说到点子|没帮上|没什么用|没啥用|完全不对|误判|有误|存在错误|不成立|站不住脚|disagree|not the root cause|not the cause|不认同|不赞同|不同意这个|答非所问|没答到|找错|看错|查错|不是根本原因|并不是|不靠谱的|没道理|not what|isn't right|isn't correct|is not the|wasn't right|wasn't helpful|wasn't useful|unrelated|irrelevant|confusing|不相关|没有解决|没解决问题|fail|无效|没效果|无帮助|不怎么样|差劲|太差|垃圾|很烂|烂|not great|not good|no good|terrible|awful|worthless|waste of time|没意义|没价值|不满意|不知所云|乱说|乱讲|胡扯|偏题|跑题|搞反|反了|hallucinated|hallucination|made up|doesn't make sense|makes no sense|不可信|误报|false positive|false alarm|incorrectly",
    ),
    (
        Mark::Audit,
        "audit|audit chain|audit chains|audit ledger|audit log|audit logs|audit trail|audit trails|audit record|audit records|activity log|change history|history of changes|operation log|operation logs|who did what|action log|audit entries|审计|审计日志|审计记录|操作记录|操作日志|操作历史|变更记录|变更历史|历史操作|操作流水|审计流水|操作审计|审计链|操作轨迹|留痕",
    ),
    (
        Mark::DidWhat,
        "did|do yesterday|was done|were done|been done|action|action against|actions against|actions on|operated on|changed|made changes|stopped|started|approved|rebooted|deleted|touched|modified|executed|performed|has done|been doing|been up to|been changing|actions|activity|activities|what has|do today|do last|do this|done by|做了|干了|动了|动过|改了|改过|操作了|执行了|停了|停的|重启的|批准的|批的|改的|做的|干的|动的|删的|删了|启动的|执行的|操作的|提交的|关的|开的|做过|干过|操作过|碰过|批过|停掉的|重启了|关了|哪些操作|什么操作|干了啥|干了什么|做了什么|做了哪些|动作|弄的|搞的|回滚的|扩的|缩的|调的|调了|扩了|触发的|发起的|were made|been made|changes made|made the change|made to|happened to|all actions|all operations|all changes|all activity|operations|changes|change|变更|操作|改变|动静|commands|停过|删过|重启过|启动过|开过|关过|扩过|缩过|调过|操作历史|变更历史|历史|history|动过手|最后修改|last modified|last changed|last touched|logged in|accessed|登录过|访问过|登录|created|创建的|建的|加的|added|edited|opened|what did",
    ),
    (
        Mark::Integrity,
        "integrity|tamper|tampered|tampering|tamper-proof|hash chain|hash-chain|hashchain|intact|chain|unbroken|unaltered|unmodified|proof|proofs|merkle|been altered|been edited|been modified|consistent|authentic|trustworthy|manipulated|doctored|messed with|falsified|完整性|完整|篡改|被改过|被动过|动过手脚|做手脚|哈希链|哈希|链条|没断|断链|可信|真实性|改动过|防篡改|链路完整|哈希校验|伪造|人改过|链|altered|nobody altered|edited|rewritten|没人改过|tampered with|改动|动过",
    ),
    (Mark::Verify, "verify|validate|prove|certify|attest|verification|验证|校验|核验|验一下|验|查验|验一验|证明"),
    (
        Mark::Cost,
        "cost|costs|spend|spending|spent|bill|billing|budget|expense|expenses|price|tokens|token usage|token budget|how much did|how much have|how much are|savings|saved|money|dollars|usd|charges|charge|expenditure|pay for|paying|burn rate|quota left|花费|费用|成本|预算|账单|开销|花了|花了多少|花钱|支出|消耗|省了|省下|节省|节约|\
         多少钱|token 用量|token 消耗|用了多少|额度|花销|计费|话费|钱|烧了多少|用掉|烧了|帐单|token 数|消费|开支|贵不贵|用度",
    ),
    (
        Mark::Model,
        "llm|model|ai|platform|agent itself|bedrock|gpt|claude|tokens|token|大模型|模型|平台|ai 调用|大语言模型|智能体|机器人自己",
    ),
    (
        Mark::Calendar,
        "calendar|change window|change windows|maintenance window|maintenance windows|freeze|freeze window|change freeze|code freeze|freeze calendar|freeze period|freezes|frozen|deployment window|blackout|blackout window|blackouts|release window|release windows|when can i deploy|when can we deploy|when can i change|when can changes|when are changes allowed|when may|change calendar|allowed to change things|moratorium|change schedule|next window|变更窗口|窗口期|变更窗|封网|封网期|封网安排|冻结期|变更冻结|维护窗口|变更日历|日历|发布窗口|上线窗口|禁止变更|封版|冻结窗口|什么时候能变更|什么时候可以变更|何时可以变更|什么时候能改|什么时候可以改|变更时间|变更时段|可变更时间|禁变期|冻结日历|变更安排|维护时间|维护时段|封板|窗口|几点能变更|几点可以变更|能变更吗|可以变更吗|能不能变更|能动线上|可以上线|能上线|能发版|可以发版|能发布|可以发布|能变更|今晚变更|可以变更",
    ),
    (
        Mark::Permission,
        "permission|permissions|privilege|privileges|policy|policies|allow|allowed|authority|rights|rule|rules|permitted|access rights|entitlement|权限|策略|规则|许可|授权|授权规则|权限够|权限够吗|有资格|资格|门槛|审批要求|审批规则|审批策略|审批门槛|autonomy|autonomy level|guardrails|restrictions|管控规则|what does it take|constraints|要走什么流程|什么流程|自动化程度|自治级别",
    ),
    (
        Mark::Denied,
        "denied|refused|rejected|blocked|forbidden|not allowed|not permitted|wasn't allowed|was not allowed|couldn't|could not|can't i|cannot i|turned down|disallowed|prevented|stopped from|not let|won't it let|won't you let|bounced|被拒|被拒绝|拒绝了|被拦|被拦截|拦了|拦住|被挡|挡了|不让|不允许|没权限|没有权限|不给|不给过|不让我|被否|不能直接|被驳回|被禁止|过不了|通不过|不通过|被打回|被卡|没过|不了|不成功|没成功|won't let|doesn't let|not letting|isn't letting|没办法|不行吗",
    ),
    (
        Mark::Required,
        "require approval|requires approval|need approval|needs approval|needs two approvals|two approvals|approval required|approvals required|require approvals|how many approvals|how many approvers|need a second|second approver|dual approval|mfa required|auto-approved|automatically approved|without approval|without an approval|what approvals|which operations need|need to be approved|needs to be approved|need sign-off|needs sign-off|approvals does|approvals do|approval does|需要审批|要审批|需要批准|要不要审批|需不需要审批|需要几个人|几个人审批|几人审批|几个人批|两个人审批|双人审批|需要谁批|谁来批|要谁批|审批才能|没审批|不审批|没有审批|免审批的|自动批准|自动执行吗|多少人审批|两人审批|需要两个|要两个人|走审批|要走审批|需要走审批|审批流程|几个审批|几级审批|要批吗|几个人点头|谁审批|要几个人|审批吗|批准吗|need an approval|needs an approval|require an approval|requires an approval|need any approval|need someone|need a review|need anyone|会自动执行|自动执行么|是否自动执行",
    ),
    (
        Mark::Account,
        "account|accounts|aws account|aws accounts|acct|tenant|environment|env|profile|账户|账号|帐号|帐户|aws 账户|aws 账号|子账号|子账户|成员账号|成员账户|环境|租户|organization|organisation|ou|org|成员|组织",
    ),
    (
        Mark::Identity,
        "who am i|whoami|who i am|my identity|my role|my roles|my user|my username|logged in as|signed in as|signed in|logged in|my permissions|my account name|which user am i|what user am i|am i an admin|am i admin|am i an approver|am i an operator|am i a|current user|current identity|my login|my profile|my name|do you know me|my access level|acting as|using right now|我是谁|我的身份|我的角色|当前用户|当前身份|当前登录|登录身份|登录的|登录用户|哪个身份|什么身份|什么角色|哪个角色|哪个用户|我是什么角色|我是哪个|我是不是|我登录|我的账号名|我的权限|我有哪些权限|我有什么权限|我拥有|我的用户名|我现在是谁|用户是谁|当前是谁|身份信息|我叫什么|我现在的身份|谁在登录|登录人|我属于|我有哪些角色|我啥角色|我啥身份|自己的身份|caller identity|current iam identity|iam identity|identity used|caller|current login|details about my identity|my access rights|my credentials|my session|我的登录|我的信息|个人信息|my info|my details|running as",
    ),
    (Mark::Me, "i|me|my|mine|myself|we|our|us|我|我的|我们|咱|咱们|本人|自己|do i|i have|am i|i am|i'm|have i|do we|i've"),
    (
        Mark::Switch,
        "change|set|改成|设为|switch|switch to|switch over to|use|change to|change account|select|work in|work on|work with|go to|move to|set account|set the account|log into|point to|operate in|connect to|jump to|enter|target account|hop over to|flip to|switching|working in|work out of|take me to|i'm working|be working|focus on|pick|make it|切换|切换到|切到|切换至|切|换到|换成|换|换去|改用|使用|用|选择|进入|进|转到|转去|跳到|切去|切过去|切回|切换成|选|以后都用|登到|切成|切一下|选定|选用|操作账户|切入|来到|移步|以后的操作|以后|接下来|from now on|going forward|往后|今后|后面都|flip over to|hop to",
    ),
    (Mark::RegionWord, "region|regions|aws region|区域|地域|地区|可用区域"),
    (
        Mark::KillSwitch,
        "kill switch|killswitch|kill-switch|emergency stop|e-stop|estop|panic button|big red button|stop everything|stop all automation|halt everything|halt all|stop all operations|stop all actions|stop all activity|abort everything|freeze everything|pause everything|cease all|cease fire|all stop|full stop|stop the world|emergency halt|hold everything|stop all changes|stop all executions|red button|stop all automated|\
         halt all automation|pull the plug|stand down|everybody stop|everything stop|freeze the fleet|紧急停止|急停|全部停手|停手|停止一切|停止所有操作|停止所有自动化|一键停止|一键熔断|熔断|总开关|都别动|全部停下|全部暂停|全停|全部叫停|叫停|叫停所有|紧急刹车|刹车|紧急制动|紧急叫停|全都停|都停下|全面停止|拉闸|紧急开关|停掉一切|停下一切|暂停一切|红色按钮|全线暂停|住手|全体停|先都停|一律停|紧急中止|全部中止|中止一切|所有操作停|紧急暂停",
    ),
    (
        Mark::Halt,
        "stop|halt|freeze|pause|suspend|cease|abort|hold|block|disable|shut down|shut off|turn off|kill|停|停止|停掉|停下|停下来|暂停|冻结|中止|叫停|关掉|关停|挂起|停了|终止|禁用|不许跑|不准跑|别跑|不许动|关闭",
    ),
    (
        Mark::Automation,
        "automation|automations|automated actions|automatic actions|all operations|all actions|operations|actions|activity|agent|the agent|agents|bot|the bot|platform|your actions|automated changes|all changes|changes|executions|auto-remediation|auto remediation|remediation|remediations|everything|workflows|pipelines|running plans|all plans|all work|自动化|自动执行|自动操作|自动化操作|所有操作|一切操作|操作|平台|机器人|智能体|自动修复|一切|所有动作|动作|\
         全部操作|所有执行|所有变更|自动变更|执行|自动任务|所有任务|整个平台|整个系统|所有计划|所有自动化|一切自动化|自愈|所有自动|自动的",
    ),
    (
        Mark::Release,
        "release|release the kill switch|release kill switch|lift the stop|resume operations|resume automation|unfreeze|resume everything|lift the freeze|re-enable automation|lift the emergency stop|clear the kill switch|disengage|解除急停|解除熔断|恢复自动化|恢复自动执行|解除停止|解除紧急停止|解除冻结|放开急停|恢复操作|解冻|恢复一切操作|解除停机|松开",
    ),
    (
        Mark::LogText,
        "logs of|logs for|logs from|log output|error logs|show logs|tail logs|recent logs|tail|的日志|错误日志|运行日志|应用日志|报错日志",
    ),
    (Mark::Noise, "you|your|yourself|u|ur|你|您|你们"),
];

/// Nouns of parameters, and time.
pub(crate) const PARAMETERS: &[(Mark, Words)] = &[
    (Mark::Cluster, "cluster|ecs cluster|eks cluster|ecs 集群|eks 集群|k8s 集群|容器集群|集群|丛集|群集|cluster name|集群名"),
    (Mark::TargetGroup, "target group|target-group|targetgroup|tg|目标组|目标群组"),
    (Mark::Alias, "alias|aliases|别名"),
    (Mark::Version, "version|ver|revision|v|版本|版本号|修订版"),
    (
        Mark::Previous,
        "previous|prior|last|former|earlier|before|last good|上一个|上一版|上个版本|上一个版本|之前的|先前|旧版|旧版本|前一个|前一版",
    ),
    (Mark::Port, "port|ports|端口|端口号|口|连接埠|tcp port|tcp 端口|udp port"),
    (Mark::Protocol, "tcp|udp|icmp|all traffic|all protocols|协议"),
    (Mark::User, "user|username|owner|owned by|belongs to|belonging to|iam user|用户|用户名|属主|所有者|使用者|iam 用户"),
    (Mark::Description, "description|described as|desc|comment|note|描述|说明|备注|注明"),
    (Mark::Payload, "payload|event|input|body|with payload|argument|arguments|json|参数|载荷|入参|事件|输入|请求体|消息体"),
    (Mark::Async, "async|asynchronous|asynchronously|fire and forget|in the background|don't wait|异步|不等返回|后台"),
    (Mark::Min, "min|minimum|min size|at least|lower bound|floor|最小|最小值|最少|下限|至少|最小数|最小容量"),
    (Mark::Max, "max|maximum|max size|at most|upper bound|ceiling|up to|最大|最大值|最多|上限|至多|最大数|最大容量"),
    (
        Mark::Desired,
        "desired|desired capacity|desired size|desired count|target size|期望|期望容量|期望值|期望数|目标数|期望大小|期望数量|期望实例数",
    ),
    (Mark::Read, "read|rcu|rcus|read capacity|read units|read capacity units|reads|读|读容量|读取|读吞吐|读容量单位"),
    (Mark::Write, "write|wcu|wcus|write capacity|write units|write capacity units|writes|写|写容量|写入|写吞吐|写容量单位"),
    (
        Mark::OnDemand,
        "on demand|on-demand|pay per request|pay-per-request|ondemand|按需|按量|按请求计费|按请求付费|按需付费|按需模式|按量付费|按量计费|按需计费|随选",
    ),
    (Mark::Provisioned, "provisioned|provisioned mode|预置|预置模式|预配置|预留模式"),
    (Mark::Memory, "memory|memory size|mem|ram|内存|记忆体|内存大小"),
    (Mark::Timeout, "timeout|time out|time limit|超时|超时时间|逾时|超时限制"),
    (Mark::Key, "key|kms key|cmk|using|with key|密钥|主密钥|用密钥|金钥"),
    (Mark::Skip, "skip|skipping|ignore|leave out|excluding|except|跳过|略过|除了|排除|忽略"),
    (Mark::Internet, "internet|public internet|the world|anywhere|everywhere|公网|外网|互联网|全网|任意地址|所有 ip|所有ip|任何地方"),
    (
        Mark::WithFailover,
        "forcing a failover|forcing failover|and force failover|and force a failover|with forced failover|with a forced failover|via failover|through a failover|走 failover|走故障转移|并强制故障转移|强制切换可用区|切换可用区|with failover|with a failover|force failover|with force failover|带故障转移|强制故障转移|并故障转移|带 failover",
    ),
    (
        Mark::Window,
        "in the last|in the past|over the last|over the past|for the last|for the past|during the last|during the past|last|past|previous|since|recent|recently|latest|过去|最近|近|近期|前|这|以来|至今|起|上|内",
    ),
    (
        Mark::TimeUnit,
        "second|minute|hour|day|week|month|quarter|year|min|hr|hrs|mins|sec|secs|秒|秒钟|分钟|小时|个小时|天|日|周|星期|个星期|个月|月|年|季度|分|个钟头|钟头|刻钟",
    ),
    (
        Mark::TimeWord,
        "today|yesterday|tonight|this morning|this afternoon|this week|last week|this month|last month|last night|overnight|this year|last year|this quarter|last quarter|just now|morning|afternoon|evening|midnight|noon|tomorrow|weekend|last weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday|night|\
         今天|昨天|前天|今晚|昨晚|今早|今晨|早上|上午|下午|凌晨|中午|半夜|夜里|本周|这周|上周|上个星期|上星期|这个星期|本月|这个月|上个月|上月|今年|去年|本季度|上季度|这几天|这两天|刚才|周末|周一|周二|周三|周四|周五|周六|周日|今日|昨日|近日|傍晚|前几天|今天上午|今天下午|今天凌晨|昨天下午|昨天晚上|今天早上|上周末|国庆期间|双十一|春节",
    ),
    (
        Mark::NumberWord,
        "one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|half|half an|couple of|a couple of|few|an|半|一|二|两|三|四|五|六|七|八|九|十|十二|十五|二十|三十|五十|一百|百|千|零|〇|几|半个|百分之",
    ),
];
