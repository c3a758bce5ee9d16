//! Words that may stand beside an order without changing it. Entry points: [`FRAME`], [`STATE`], [`STATE_FUNCTION`],
//! [`DRY`], [`BECAUSE`], [`PURPOSE`],
//! [`BESIDE`], [`ATTITUDE`], [`OCCASIONS`].
//!
//! Invariant: these lists only ever *explain* a word; a word that stands in none of them makes the sentence a question.
//! So nothing belongs here that could turn an order into something else: no condition, time, doubt, report, person, negation
//! of the order, or alternative.

use catalogue::Words;

/// In the clause of the order itself: politeness, small words, adjectives of resources.
pub(crate) const FRAME: Words = "any chance you could|any chance you can|any chance of|is there any chance you could|wondering if you could|wondering if you can|i was wondering if you could|i wonder if you could|i was wondering whether you could|could one of you|can one of you|would one of you|one of you|would you care to|be so good as to|if you would be so kind|at your earliest convenience|as soon as you can|without delay|with immediate effect|effective immediately|pronto|stat|real quick|restrictive|strict|fresh|brief|one-off|rolling|affected|impacted|offending|misbehaving|problematic|troubled|faulty|dodgy|sick|sluggish|laggy|crashed|dead|offline|surplus|redundant|leftover|throwaway|disposable|ephemeral|oversized|undersized|underused|overloaded|vulnerable|suspect|suspicious|尽早|尽速|从速|火速|迅速|即刻|立马|立时|抓紧|麻溜|赶忙|速速|还请|有请|就够了|留底|留档|存档|备查|留存|留个底|受影响的|废弃|废弃的|过期的|剩余的|搞定|搞一下|弄一下|处理一下|操作一下|执行一下|处置|隔离处置|yo|hiya|howdy|greetings|folks|guys|team|mate|buddy|dude|pal|friend|friends|sir|madam|gents|fellas|cheers mate|oi|psst|哥|哥们|兄弟|老铁|亲|亲们|小助手|同学|同学们|各位|各位好|大佬|喂|哎|诶|哈喽|哈啰|嗨喽|早|早上好|下午好|晚上好|替|替我|替我们|promptly|swiftly|speedily|rapidly|instantly|permanently|explicitly|smoothly|forcefully|would you be so kind as to|be so kind as to|would you be able to|will you be able to|would it be possible to|could you possibly|can you possibly|could you maybe|would you kindly|could you kindly|can you kindly|i'd appreciate it if you could|i would appreciate it if you could|it would be great if you could|it'd be great if you could|would be great if you could|it would be nice if you could|i would be grateful if you could|i'd be grateful if you could|may i ask you to|may i trouble you to|can i trouble you to|can i ask you to|could i ask you to|can i bother you to|i was hoping you could|i am asking you to|i'm asking you to|i request you to|i kindly ask you to|you may go ahead and|feel free to|be a dear and|do me a favor and|do me a favour and|do us a favor and|if you please|if you don't mind|much appreciated|thanks in advance|thank you in advance|thank you very much|thanks so much|with thanks|heads up|quick one|small ask|one favor|quick favor|quick request|please|pls|plz|kindly|can you|could you|would you|will you|can you please|could you please|would you please|\
    could i get you to|can i get you to|would you mind|do you mind|are you able to|can we get|could we get|can i get|could i get|can we have|could we have|can someone|could someone|can somebody|could somebody|can anyone|could anyone|someone please|\
    i want|i want to|i want you to|i'd like|i'd like to|i'd like you to|i would like|i would like to|i would like you to|i need|i need to|i need you to|\
    we want|we want to|we want you to|we'd like to|we'd like you to|we would like to|we need|we need to|we need you to|\
    need|need to|need you to|want to|want you to|like to|let's|lets|let us|go ahead|go ahead and|proceed to|proceed with|be so kind and|be so kind as to|do me a favor and|do me a favour and|do|\
    help me|help me to|help us|help us to|help with|help|a hand with|give me a hand with|this one|that one|immediate|give it a kick|hey|hi|hello|hi there|hey there|good morning|good afternoon|good evening|ok|okay|alright|right|yes|yeah|sure|well|so|then again|now|right now|right away|\
    straight away|immediately|at once|asap|as soon as possible|quickly|quick|urgently|urgent|emergency|important|priority|high priority|thanks|thank you|many thanks|thanks a lot|thx|ty|cheers|bot|bots|all right|\
    the|a|an|my|our|its|this|that|these|those|it|them|both|also|too|as well|and|plus|in|on|of|at|from|to|for|with|by|within|inside|into|as|onto|per|\
    needed on|needed for|is needed|are needed|needed|required on|is required|due on|and running|ensure that|make sure that|\
    gracefully|safely|cleanly|carefully|manually|properly|again|back|back to|once|once more|one more time|for me|for us|on my behalf|completely|fully|entirely|simply|just|only|instead|forcibly|hard|soft|directly|asynchronously|\
    make|mind|each|respectively|together|one by one|called|named|with the name|with name|with the id|with id|id|ids|name|named as|identifier|number|following|the following|specified|respective|mentioned|needs to be|need to be|must be|should be|has to be|have to be|ought to be|to be|needs|\
    shouldn't be|should not be|must not be|get|have|give|take|perform|carry out|initiate|issue|make sure|see to it that|ensure|do a|do an|run a|trigger a|\
    rogue|zombie|flaky|runaway|noisy|dormant|obsolete|retired|forgotten|abandoned|bastion|jump|proxy|gateway|canary|dedicated|virtual|linux|windows|ubuntu|vpn|nat|gpu|new|old|idle|unused|test|testing|demo|broken|stuck|hung|frozen|failing|failed|faulty|unhealthy|unresponsive|slow|busy|stale|spare|extra|temporary|temp|main|primary|secondary|standby|public|publicly|accessible|private|exposed|compromised|hacked|infected|leaked|orphaned|\
    orphan|unattached|existing|current|web|app|application|api|backend|frontend|batch|worker|build|ci|jenkins|legacy|internal|external|big|small|large|tiny|aws|amazon|cloud|ebs|ebs-backed|production|\
    previous|prior|latest|last good|size|value|count|setting|settings|status|state|mode|level|network|internet|world|outside|policy for|worth of|units|unit|copies|of them|\
    for the weekend|for compliance|for security|for security reasons|for safety|for cost reasons|for testing|for maintenance|up|down|off|out|away|on again|off again|back on|back up|back down|\
    能不能帮忙|能不能麻烦你|能不能请你|可不可以帮忙|可以帮忙|可以帮我|可以麻烦你|可否帮忙|可否请你|能否帮忙|能否请你|不好意思|打扰一下|打扰了|给个方便|行个方便|烦劳|敬请|恳请|请协助|协助|请帮忙|请帮我|帮个忙|帮一下忙|拜托你|辛苦你|辛苦帮忙|麻烦帮忙|麻烦帮我|烦请帮忙|感谢感谢|谢谢您|谢谢你|非常感谢|万分感谢|十分感谢|感激不尽|请|麻烦|麻烦你|麻烦您|帮|帮我|帮我们|帮忙|劳驾|拜托|烦请|辛苦|辛苦了|谢谢|多谢|感谢|谢了|谢谢啦|你|您|能不能|能否|可否|可以|可不可以|能帮|我想|我要|我想要|我们要|我们想|我们需要|我需要|需要|想要|要|给我|给我们|我现在要|一下|一下子|下|吧|呗|哈|啊|呀|哦|喔|嘛|啦|了|的|地|得|\
    立即|立刻|马上|赶紧|尽快|快|赶快|速度|直接|现在|先|务必|必须|得|紧急|急|优先|你好|您好|嗨|大家好|好的|嗯|把|将|给|对|对于|针对|在|从|于|到|为|成|至|往|向|里|里面|里头|上|中|下面|内|下|这|那|这台|那台|这个|那个|这些|那些|这几台|那几台|这块|那块|这条|那条|这张|那张|这把|那把|这|\
    它|它们|都|全都|也|和|与|跟|及|以及|还有|两个|三个|两台|三台|两块|三块|两条|两张|这两台|这三台|这两块|这两个|那两台|个|台|把|只|一个|一台|一次|一下下|一遍|名为|名叫|叫做|名字|名称|编号|\
    加个保险|让它生效|使其生效|让其生效|能省点钱|能省钱|可以省钱|更省钱|对公网|对外网|就行|就好|就可以|即可|再说|省钱|省成本|省点钱|节约成本|让它|重新|僵尸|僵死的|闲着的|没用的|离线的|异常的|故障的|有故障的|出问题的|有问题的|多余|多余的|备用|备用的|跳板|堡垒|金丝雀|老旧|老旧的|空闲的|闲置的|优雅地|优雅|手动|强制|安全地|临时|暂时|彻底|完全|做|做个|做一次|来个|来一次|搞个|进行|执行|操作|发起|处理|旧|老|旧的|老的|新|新的|闲置|空闲|坏|坏掉|测试|测试用|有问题|卡住|挂掉|当前|现有|指定|以下|下面|如下|对应|相应|所有入站|入站|公网|外网|\
    出来|出去|网络|从网络|网络里|各|各自|分别|逐个|逐一|依次|一起|一并|一同|一块儿|统一|那边|这边|那里|这里|一份|一张|一把|一块|一套|一组|一条|一轮|一遍|一回|一趟|一版|两份|两把|两组|四台|五台|几台|俩|仨|这组|那组|这批|那批|这套|那套|这份|那份|上述|前述|这仨|这俩|那俩|回来|起来|回去|掉|过来|上去|下来|用|为止数|数量|大小|值|状态|模式|全|手工|改|弄|搞|整|帮着|顺手|劳烦|有劳|麻烦了|拜托了|多谢了|感激|可以的话请|改到|变成|从|由|只|仅|对外|允许|访问|打开";

/// Beside the order, in a clause that says how things stand or why: words with content.
pub(crate) const STATE: Words = "下班|下班了|收工|收工了|上班|放假|放假了|上不去|不上去|进不去|登不进|登不进去|连不进|连不进去|打不通|不通了|通不了|转圈圈|夯住了|卡爆|爆掉|爆了|炸了|炸掉|挂起|挂死|僵了|假死了|飘红|变红|红了|拥挤|打爆|冲爆|拖垮|压垮|拖死|堵死|堵住|堵了|吃满|吃光|耗光|撑满|占满|溢满|漏了|漏水|被扫|被刷|被打|被爆破|被攻|报废|淘汰|弃用|弃用了|停产|裁撤|合并|搬家|搬迁|换新|改版|重构|调优|优化|排障|排错|断电|跳闸|失效|失灵|抽风|不稳定|不太稳|不稳|忽高忽低|时好时坏|sitting|sits|nearing|approaching|exceeding|exceeded|beyond|ballooning|ballooned|swelling|filling|filled|bursting|maxing|thrashed|trashed|tanked|tanking|cratered|nosedived|plummeted|skyrocketed|doubling|misconfigured|mistuned|overprovisioned|underprovisioned|over-provisioned|under-provisioned|neglected|decommission|sunset|sunsetting|mothballed|scrapped|evicting|evicted|rejecting|rejects|dropping|drops|blocking|misses|missing|missed|stopping|freezes|locks|locking|latch|latched|unstable|shaky|jittery|bouncing|spewing|spamming|flooding|flooded|drowning|starving|struggling|suffering|choke|中招|失陷|沦陷|勒索|勒索软件|被勒索|攻陷|被攻陷|被控|被控制|后门|肉鸡|外连|对外连接|可疑连接|异常连接|卡得|慢得|热得|owned|pwned|wedged|hosed|toast|borked|fried|bricked|jammed|choked|swamped|hammered|slammed|tapped out|bogged down|c2|command and control|crypto|cryptominer|rootkit|trojan|phishing|backdoor|payload|choking|choked|thrashing|swapping|oom|oomkilled|backlogged|congested|congestion|bottleneck|contention|locked|blocked|blocking|starved|inodes|filesystem|partition|mount|log|logs|dump|dumps|temp files|cache|caches|certificate|cert|certs|dns|tls|ssl|subnet|vpc|gateway|proxy|nginx|redis|kafka|java|jvm|gc|python|node|docker|container|containers|kubelet|agent|sidecar|daemon|pipeline|etl|report|reports|dashboard|analytics|benchmark|load test|loadtest|pentest|finding|findings|gdpr|pci|soc2|cis|hipaa|baseline|expiring|retired|retiring|decommissioned|deprecated|obsolete|superseded|restored|rebuilt|rebooting|booting|boot|startup|power|hardware|io|iops|throughput|bandwidth|packet|packets|loss|exception|exceptions|segfault|leaks|sockets|sessions|processes|workers|queues|consumers|producers|behind|retries|refused|brute force|ransomware|botnet|beaconing|exfiltration|credential|credentials|password|flash sale|quarter end|month end|year end|unowned|half|twice|double|doubled|tripled|zero|empty|nothing left|tight|heavy|light|quiet|noisy|flaky|dormant|runaway|rogue|use|used|using|usage|need|needed|want|wanted|require|required|idle|unused|busy|stuck|hung|hang|freeze|frozen|dead|down|up|broken|break|broke|fail|failed|failing|failure|crash|bug|buggy|fix|fixed|patch|patched|\
    full|fill|almost full|nearly full|running out|run out|out of space|out of memory|out of disk|space|disk|memory|cpu|load|traffic|latency|error|errors|timeout|slow|sluggish|high|higher|low|lower|rise|rising|rose|climb|grow|growing|grew|drop|dropped|go up|went up|went down|go down|\
    spike|spiking|peg|pegged|pin|pinned|max|maxed|saturated|overload|overloaded|exhausted|throttle|throttling|throttled|leak|leaked|leaking|expose|exposed|open|opened|public|publicly|private|internet|world|wide open|reachable|accessible|readable|read|reads|view|views|browse|crawl|download|downloads|reach|reaches|ping|pings|heartbeat|heartbeats|ssh|port|ports|thread|threads|heap|swap|kernel|panic|panicked|deadlock|deadlocked|zombie|looping|loop|stall|stalled|stalling|lag|lagging|lagged|degrade|degraded|corrupt|corrupted|mounted|unmounted|attached|detached|orphaned|unused|abandoned|duplicate|duplicated|redundant|forgotten|inactive|active|offline|online|\
    compromise|compromised|hack|hacked|infect|infected|suspicious|malware|miner|mining|attack|attacked|breach|breached|scan|scanned|abuse|abused|steal|stolen|lost|quit|left|leave|resigned|departed|offboarded|\
    unhealthy|unresponsive|responding|respond|responded|response|respond to|working|work|reachable|unreachable|stop working|stopped working|hanging|crashing|restarting|looping|flapping|misbehaving|wrong|bad|worse|strange|weird|odd|old|stale|outdated|expired|due|overdue|\
    cost|costs|costly|expensive|money|budget|bill|waste|wasting|save|saving|cheap|cheaper|test|tests|testing|demo|trial|poc|experiment|project|work|job|batch|nightly|build|release|released|rollout|deploy|deployed|deployment|migration|migrate|migrated|upgrade|upgraded|upgrading|update|updated|resize|resizing|change|maintenance|cutover|cleanup|rehearsal|audit season|\
    sale|campaign|peak|promotion|event|season|black friday|holiday rush|compliance|security|safety|protect|protection|policy compliance|backup|backups|snapshot|customers|customer|users|user|team|application|app|website|site|page|pages|service|services|database|db|server|machine|instance|box|queue|table|bucket|function|volume|key|image|version|code|config|configuration|\
    small|smaller|big|bigger|large|larger|enough|too small|too big|too large|too slow|too high|undersized|oversized|insufficient|short|gone|finished|finish|done|done with|complete|completed|resolved|ready|over|anymore|any more|no longer|free|free up|clear|flush out|recover|relieve|handle|absorb|cope|prevent|avoid|reduce|cut|improve|\
    finally|looks|look|seems|seem|appears|appear|behave|behaving|acting|acting up|keeps|keep|kept|gets|get|got|becomes|become|ran|runs|running|run|serve|serving|serves|host|hosts|hosting|process|processing|connect|connected|connections|connection|access|accessed|login|logins|query|queries|request|requests|message|messages|backlog|piling up|pile|\
    month|day old|recently|for days|for weeks|for months|for hours|for ages|flagged|flag|detected|detect|found|find|alarm|alarms|alert|alerts|guardduty|make sure|issue|issues|problem|problems|trouble|incident|outage|new|more|less|quota|limit|pods|pending|capacity|writer|reader|replica|primary|\
    僵死|僵住|假死|夯住|夯死|失联|掉线|离线|断连|丢包|抖动|拥塞|拥堵|瓶颈|锁表|慢查询|死锁|句柄|线程|线程池|连接池|堆内存|内存泄漏|溢出|根分区|分区|日志文件|临时文件|证书|域名|解析|网关|代理|中间件|缓存|容器|任务|作业|批处理|报表|大屏|看板|流水线|构建|验收|整改|基线|弱口令|秒杀|月末|季末|年底|节假日|没负载|负载低|负载高|使用率低|使用率高|利用率|跑批|跑不起来|拉不起来|连不通|不通|访问不了|响应慢|反应慢|巨慢|特别慢|越来越慢|顶不住|扛不住|撑不住|吃不消|撑爆|堆满|塞满|写满|占满了|见底|耗尽|膨胀|猛增|激增|翻倍|翻番|陡增|暴增|骤降|没数据|没有数据|数据量|数据量大|太贵|贵|烧钱|超预算|超支|白花钱|闲着没事|没活|没活干|跑着没用|占着资源|占资源|吃资源|限流|限流了|被限流|节流|别查了|别查|不用预演|无需预演|不需要预演|不用预览|保险|连上|没人|无人|没有人|没人用|没人用了|没人在用|没有人用|不用了|用不上|用不上了|用不着了|不需要了|不要了|没用了|没用|没在用|没流量|没有流量|没人要|没人要了|没人管|没人访问|空闲|闲置|闲着|浪费|白跑|费钱|省钱|省点钱|省成本|节省|节约|成本|费用|预算|钱|\
    卡|卡死|卡住|卡顿|卡了|挂|挂了|挂掉|死机|宕|宕机|崩|崩了|没反应|没响应|无响应|不响应|连不上|登不上|打不开|起不来|报错|出错|错误|变慢|很慢|太慢|慢|延迟|超时|失败|异常|故障|问题|有问题|出问题|出了问题|坏|坏了|不正常|不健康|不对劲|健康检查|\
    满|满了|快满|快满了|打满|打满了|爆|爆了|爆满|跑满|占满|用完|用光|不够|不够用|不够用了|不足|吃紧|紧张|告急|百分百|只剩|剩|还剩|飙升|飙高|飙到|飙|升高|过高|偏高|很高|太高|高|低|上涨|上来|上来了|涨|涨了|涨到|增长|增加了|下降|下来了|大|小|太小|太大|太小了|太大了|太旧|太老|老|旧|\
    泄露|泄漏|外泄|暴露|公开|公开了|对外|对外公开|对外开放|公网|外网|互联网|开放|敞开|裸奔|能访问|可访问|可以访问|访问|被访问|入侵|被入侵|被黑|黑了|被盗|被盗用|盗用|可疑|疑似|怀疑|中毒|木马|挖矿|被挖矿|攻击|被攻击|扫描|爆破|安全|合规|风险|隐患|误删|防止|避免|\
    测试|测试完|测完|测完了|压测|演练|联调|实验|试用|要用|用|使用|在用|没用完|需要|用完了|做完|做完了|跑完|跑完了|结束|结束了|完成|完成了|完了|修好|修好了|修复|修复了|修|恢复|好了|没问题|没事|迁移|迁移完|迁移完了|升级|升级完|更新|更新了|变更|发布|发版|上线|上线了|下线|下线了|刚发|刚发的|新版本|新版|版本|维护|割接|切换|备份|快照|打包|部署|\
    大促|大促了|促销|促销了|活动|双十一|双十二|高峰|高峰期|峰值|流量|压力|负载|业务|业务方|客户|用户|项目|应用|程序|服务|网站|网页|页面|接口|机器|实例|数据库|磁盘|硬盘|内存|连接数|连接|请求|消息|积压|堆积|镜像|代码|配置|密码|该换|该换了|换了|离职|离职了|走了|转岗|转岗了|到期|到期了|过期|过期了|老是|空间|容量|删|不要删|没加密|没开|默认加密|误操作|业务不停|不停机|查|先查|重启再说|再说|没影响";

/// In such a clause: small words, which say nothing without one of [`STATE`].
pub(crate) const STATE_FUNCTION: Words = "但|但是|不过|may have|might have|may have been|might have been|could have been|could be|seems to have|appears to have|seems to be|appears to be|is at|are at|严重|厉害|得厉害|得不行|得要命|得要死|得很|得慌|得离谱|不行了|离谱|夸张|要命|大量|一堆|太多|好多|许多|频繁|反复|solid|badly|seriously|hard|rock|toward|towards|onto|into|may be|might be|above|below|under|percent|可能被|可能已|可能已经|可能存在|we're|they're|i'm|you're|he's|she's|people|马上要|马上就要|快要|即将|还能|能|晚上|夜里|白天|周末|平时|半夜|go|goes|let|i|we|you|he|she|they|who|which|what|whatever it|there|there's|there is|there are|it's|that's|is|are|was|were|be|been|being|am|has|have|had|does|do|did|isn't|aren't|wasn't|weren't|hasn't|haven't|doesn't|don't|didn't|can't|cannot|can|could|couldn't|won't|shouldn't|should not|\
    not|no|none|nobody|nothing|no one|someone|somebody|anyone|anybody|anything|any|all|every|each|some|many|much|most|few|lot|lots|lot of|lots of|a lot of|other|others|only|very|really|quite|pretty|almost|nearly|already|still|just|even|now|always|constantly|again|all the time|too|so|as|than|about|hence|therefore|\
    by|after|before|ahead of|prior to|until now|so far|during|against|without|through|across|between|around|behind|like crazy|their|his|her|your|but|from|out|off|away|ready|one|ones|itself|yet|ago|currently|at the moment|going|gonna|reason|reasons|sake|order|\
    这|那|是|有|有点|有些|没|没有|不|未|无|无法|不了|不会|不能|不再|不该|不应该|已|已经|一直|总是|总|老|都|也|还|又|很|太|非常|好像|似乎|看起来|看样子|刚|刚刚|刚才|最近|近期|这几天|这两天|所以|因此|为了|以便|毕竟|其实|既然|之前|以前|前|从|被|我们|我|咱们|大家|他们|他|她|该|快|要|直接|先|正在|在|着|过|完|好|再|出现|发生|变得|变|导致|造成|引起|只|仅|所有|全|期间|自己|自动";

/// Where only a preview is asked for: words of looking and of not doing.
pub(crate) const DRY: Words = "what|would|will|happen|happens|happening|happened|if|i|we|you|see|show|show me|tell|tell me|look|impact|effect|effects|affect|affects|consequence|consequences|influence|result|change|changes|do|does|don't|dont|not|no|never|yet|actually|really|anything|execute|execution|executing|run|apply|applying|touch|doing|without|before|first|for now|only|just|preview|dry|simulate|plan|things|how|wait|hold on|real|really do|\
    could|should|cause|break|downtime|risk|risks|evaluate|assess|estimate|about|of it|me|deciding|decide|committing|commit|yourself|anybody|instead|the changes|diff|difference|\
    动手|别动手|下手|看|看看|看下|看一下|先看|影响|会|会有|什么|啥|怎样|怎么样|如何|后果|效果|变化|预演|预览|预估|模拟|演练|评估|评估下|方案|计划|出个|出|不|别|不要|先别|先不|暂不|真的|真|实际|执行|动|改|落地|提交|生效|再说|再决定|决定|之前|如果|要是|假如|的话|没有|没|有|哪些|多大|风险|吗|呢|么|我|就|才|而已|不做|先算算|暂时";

/// Words that open a reason, which may hold words unknown to the grammar.
pub(crate) const BECAUSE: &[&str] = &["because", "since", "due to", "因为", "由于", "owing to", "毕竟"];

/// Verbs behind "to" that give a purpose.
pub(crate) const PURPOSE: &[&str] = &[
    "survive",
    "meet",
    "satisfy",
    "pass",
    "investigate",
    "debug",
    "support",
    "match",
    "balance",
    "unblock",
    "pick",
    "ease",
    "withstand",
    "stay",
    "reach",
    "save",
    "free",
    "reduce",
    "cut",
    "avoid",
    "clear",
    "fix",
    "test",
    "protect",
    "recover",
    "prevent",
    "relieve",
    "handle",
    "absorb",
    "cope",
    "comply",
    "troubleshoot",
    "keep",
    "help",
    "lower",
    "improve",
    "get",
    "be",
    "make",
    "give",
    "speed",
    "serve",
    "mitigate",
    "contain",
];

/// In the order itself, by the beginning of the operation's id: words that speak of its parameters and its kind of resource.
pub(crate) const BESIDE: &[(&str, Words)] = &[
    (
        "s3.",
        "must|must only|must only be|should only be|only be|should|should only|has to|has to only|needs to only|be reachable|be accessible|be accessed|reachable|reached|accessible|over|through|via|insecure|unencrypted|public read|public write|access|only access|traffic|four|public access block|settings|setting|non-tls|non-https|new|default|by default|policy|bucket policy|requests|request|plain|http|https|tls|ssl|encrypted|encryption|objects|contents|server-side|server side|configuration|restrictive|all|every|enabled|on|fully|strict|\
         四项|四个|新|默认|强制|策略|只允许|走|请求|明文|版本|让|加密|对象|设置|全部|所有|严格",
    ),
    (
        "iam.",
        "in quarantine|into quarantine|under quarantine|in isolation|under lock|permissions|access|rights|权限|key|keys|pair|attach|to quarantine it|to quarantine him|to quarantine her|set the status|set|change|make|status|belonging to|belongs to|owner|owned by|inactive|active|his|her|their|deny all|deny-all|policy|lock her out|lock him out|lock it out|lock them out|used by|who|long-lived|\
         全拒绝|拒绝|策略|他的|她的|他们的|属于|名下|名下的|加|这把|凭证|起来",
    ),
    (
        "rds.",
        "without failover|without a failover|no failover|without failing over|without any failover|不带故障转移|不做故障转移|不故障转移|不带 failover|不做 failover|default|writer|reader|storage|class|engine|public access|manual|mode|force|forced|with|az|zone|zones|availability|replica|against accidental deletion|accidental deletion|\
         主备|写节点|读节点|一次|存储|规格|引擎|从公网|误删|手动|级别|主库|备库|节点|可用区|类型|每个|单|强行",
    ),
    (
        "lambda.",
        "synchronously|synchronous|sync|同步|alias|live|version|timeout|memory|limit|maximum|max|second|seconds|concurrent|executions|execution|async|with payload|payload|with|using|provisioned|reserved|\
         调用|别名|上一版|上个版本|上一个版本|超时|内存|秒|最多|上限|异步|参数|载荷|并发",
    ),
    (
        "autoscaling.",
        "instances|instance|machines|servers|nodes|capacity|desired|min|max|minimum|maximum|at least|at most|total|in total|group|fleet|machine|台机器|台实例|机器|实例|最小|最大|期望|总共|一共|容量|规模",
    ),
    (
        "ecs.",
        "deployment|fresh|tasks|task|task definition|replicas|replica|copies|containers|running|revision|image|cluster|definition|count|last|one|任务|副本|镜像|任务定义|版本|上一版|上个版本|上一个版本|上一个任务定义|容器|集群|修订版",
    ),
    ("eks.", "nodes|node|workers|worker|cluster|managed|min|max|desired|节点|工作节点|集群|最小|最大|期望|托管"),
    ("elb.", "target|targets|group|traffic|rotation|behind|load balancer|from rotation|流量|后端|负载均衡|目标|集群|后面"),
    (
        "dynamodb.",
        "billing|capacity|units|mode|on-demand|on demand|provisioned|against accidental deletion|accidental deletion|throughput|read|write|deletion|recovery|point in time|按需|模式|容量|计费|吞吐|误删|防|时间点",
    ),
    (
        "kms.",
        "period|rotation period|with a|周期|轮换周期|yearly|annual|annually|automatic|automatically|every|days|day|year|scheduled|rotation|every year|once a year|pending|deletion|每年|自动|天|每|计划|一年一次",
    ),
    ("secretsmanager.", "password|passwords|rotation|credential|credentials|密码|凭据|这个"),
    (
        "logs.",
        "two|three|days|day|weeks|week|months|month|year|years|logs|log|logs of|logs for|only|policy|keep|no longer than|not longer than|天|周|个月|年|留|只留|保留|策略|一周|两周|一年|半年|加一个|的日志|日志",
    ),
    (
        "sqs.",
        "堆积|堆积的|everything|everything in|all of it|all messages|back through|back into|back onto|堆着的|投递失败|失败消息|死信消息|里堆积|send|put|push|messages|message|source|source queue|original|original queue|origin|dead letter|failed|all|every|per second|a second|second|at|stuck|in|消息|里|里的|里面的|积压|积压的|源队列|原队列|每秒|最多|条|所有|全部|失败的|回去|死信",
    ),
    (
        "ec2.revoke_ingress",
        "rule|rules|inbound|ingress|traffic|access|source|that|which|allowing|allows|allow|address|block|for all|everyone|任意来源|任意|里允许|允许|来源|来自|源自|源地址|来源地址|源|coming from|originating from|那条|规则|访问|网段|地址|放行|放行的|的|连接|流量|任何|所有人|入站规则",
    ),
    ("ec2.strip_default_group", "all|every|rules|rule|vpc|default|inbound|所有|全部|规则|默认"),
    (
        "ec2.require_imdsv2",
        "带|带令牌|凭令牌|用令牌|凭证|会话令牌|元数据|实例元数据|元数据服务|实例的元数据|关掉旧版|旧版|session tokens|session token|instance metadata|metadata service|version two|version 2|service|calls|requests|required|optional|token|tokens|http tokens|enforcement|must|only|metadata|v2|should|its|让|允许|只|接受|令牌|必须用|必须|访问|强制使用",
    ),
    ("ec2.isolate", "put|security group|quarantine group|group|安全组|隔离组|network|from the network|away|网络|断网|起来|断"),
    ("ec2.create_snapshot", "backup|manual|attached|description|with the description|root|data|备份|手动|说明|描述"),
    ("ec2.grow_volume", "gib|gb|capacity|gp2|gp3|total|in size|root|data|容量"),
    ("ec2.delete_unattached", "unused|available|orphaned|safely|没人要|没用"),
    ("ec2.", "ec2|instance|server|box|机器|实例"),
    (
        "cloudformation.",
        "rollback|rolling back|failed|stuck|skip|skipping|resource|resources|update|failure|它|让它|卡住|资源|失败的|更新|状态",
    ),
    ("route53.", "traffic|percent|weighted|weight|records|record|流量|百分之|权重|解析"),
    ("stepfunctions.", "failed|state machine|run|step|失败的|失败|那次|这次"),
];

/// Words that a clause beside the order may not hold, in whatever form: what people say, think, want, allow or plan; doubt,
/// conditions and times to come; text spoken about as text; who decides.
pub(crate) const ATTITUDE: &str = "agree disagree approve disapprove ok okay fine happy favor favour object objection oppose bless blessing consent permission permit allow green-light greenlight sign confirm confirmation want wish like love \
    hate ask request demand say said tell told claim state insist promise think thought believe guess hope expect feel doubt assume suppose imagine pretend consider decide decision plan intend mean propose suggest \
    recommend advise remind remember forget know note would could should might may shall will i'll we'll you'll he'll she'll they'll it'll i'd we'd you'd he'd she'd they'd won't wouldn't shouldn't maybe perhaps possibly probably unless if when \
    whenever once until till while wait first then later soon tomorrow tonight someday eventually example sample quote sentence word phrase text title subject line command instruction order prompt message reply email mail chat ticket \
    translate paraphrase spell joke song poem story drill draft template memo todo fyi vote poll step procedure runbook sop manual readme boss manager lead leader chief approver auditor reviewer security management ceo cto vendor holiday away absent \
    vacation authority authorise authorize authorised authorized allowed right rights rule rules policy freeze secret secretly quietly notice trace hide blame dare kid kidding kill wrong try tried trying attempt fail-safe granted given provided providing assuming supposing considering seeing long exist case depends depending \
    whether or nor either neither instead otherwise except but although though like-so question answer why who whose how what where wonder sorry mistake accident accidentally deal promise word trust";

/// The same in Chinese, as parts of words.
pub(crate) const ATTITUDE_ZH: &str = "打错 写错 输错 搞错 弄错 输入法 话 截图 歌词 台词 复述 复读 念 朗读 抄 背诵 背一 说 讲 写着 写了 让 叫 喊 问 告 通知 同意 反对 确认 批 审 许可 答应 点头 觉得 认为 想 希望 打算 考虑 计划 假如 假设 假装 如 要是 若 倘 万一 一旦 除非 也许 或许 或 大概 翻译 句 命令 指令 \
    标题 例 玩笑 等 再 才 就 领导 老板 老王 经理 主管 值班 群里 工单 文档 手册 规定 谁 别人 以后 之后 后再 后就 时候 明天 明早 待 未来 下周 准备 应该 必须 该 不用 不要 别 偷 悄 瞒 趁 绕 越权 无视 手续 流程 建议 推荐 提醒 记得 \
    吩咐 要求 意思 主意 据 听 传 不妨 何必 难道 怎么 什么 为何 吗 呢 负责 背锅 算我 授权 权限 过会 一会 晚点 稍 先斩 保证 担保 估计 应当 万不得已 尽量 除了 除 不行 算了 差点 误 草稿 备忘 转发 方案";

/// Occasions: what an order may come before, or be for.
pub(crate) const OCCASIONS: &str = "migration upgrade maintenance release deploy deployment rollout change resize test tests testing audit demo investigation debugging analysis forensics backup cutover switch switchover failover patch patching \
    reboot cleanup launch sale campaign compliance security cost costs savings performance recovery restore experiment rehearsal event peak hotfix import export";
