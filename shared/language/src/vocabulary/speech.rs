//! Marks of speech: negation, preview, politeness, questions, order. Entry point: [`WORDS`].

use catalogue::Words;

use super::Mark;

/// The words.
pub(crate) const WORDS: &[(Mark, Words)] = &[
    (
        Mark::Neg,
        "not|no|doesn't|does not|didn't|did not|can't|cannot|can not|won't|will not|wouldn't|without|isn't|is not|aren't|are not|hasn't|haven't|nor|neither|instead of|wasn't|weren't|不|没|没有|未|不能|不再|从不|不是|并非|免|非|无|不想|can't i|cannot i",
    ),
    (
        Mark::Prohibit,
        "don't|dont|do not|don t|never|shouldn't|should not|mustn't|must not|refrain from|avoid|no need to|rather not|hold off|hold off on|needn't|leave|stop short of|please don't|not to|under no circumstances|on no account|\
         别|不要|勿|请勿|不准|不得|不许|不可以|不可|不应|不应该|不该|不必|不用|无需|无须|不需要|切勿|千万别|千万不要|先别|先不要|暂时别|暂时不要|先不|莫|休|甭|禁止自动|绝不能|绝不|可别|决不|万万不可|不要去|别去|严禁|禁止",
    ),
    (
        Mark::Dry,
        "dry run|dry-run|dryrun|只要预览|只要预演|只要看看|只需预览|只需预演|只做预览|只做预演|预览即可|预演即可|预览就行|预演就行|only a preview|preview only|just a preview|preview|simulate|simulation|what-if|whatif|rehearse|rehearsal|no changes|no change|no-op|noop|trial run|without executing|without running|without actually|without applying|without doing|without changing|without touching|plan only|read only|read-only mode|show me the plan|show the plan|see the plan|show me the impact|show the impact|impact only|impact analysis|blast radius|just show|only show|just show me|only show me|just tell me|test run|mock run|hypothetically|for now just|预演|预览|试运行|演练|模拟|空跑|试跑|演习|看看影响|看影响|看下影响|看一下影响|看看会有什么影响|有什么影响|什么影响|影响范围|影响面|会影响|影响评估|评估影响|评估一下|只看|只看看|只看计划|只出计划|出个计划|看看计划|看下计划|给个计划|计划看看|仅预览|不实际执行|不真正执行|不真的执行|不执行|别真执行|不要真执行|别执行|先不执行|先别动|先不动|不落地|沙盘|推演|预估|预执行|预检|只做检查|试算|干跑|看效果|看看效果|看看后果|不真改|别真改|别真动|不真动|不要真动|不要真的|别真的|不要真的改|先算算|看看方案|出方案|出个方案|给方案|给个方案|只要方案|先看方案|show what would change|what changes would|don't apply|do not apply|without committing|show the diff|diff only|the diff|diff|先看看再说|先不提交|别提交|不提交|不生效|先不生效|不要生效|just checking|check only|evaluate|estimate|assess the impact|演示|演示一下|测算|不真跑|仿真|simulated|simulating|pretend run|walkthrough|what it would|what that would|what would change|会影响哪些|影响哪些|影响到哪些|影响大不大|影响大吗|有多大影响|先评估|评估下|看看会怎样|看会怎样|试一下不执行|只出预览|preview only|preview first|先预览|先预演|不做实际|不做变更|不做修改|不实际|先不做|先不改|暂不执行|暂不|先模拟|模拟一下|no action|take no action|nothing should be changed|change nothing|nothing changes|don't touch anything|don't change anything|no real changes|not for real|dry|trial|干跑一次|试运行一下|演练一下|只读方式|先看下|先看一下|先看看|想先看|想看看|先给我看|先让我看",
    ),
    (
        Mark::All,
        "all|every|each|any|entire|whole|both of the fleet|所有|全部|全体|统统|通通|每个|每台|每一个|每一台|一切|整个|全|各个|各|全量|任何|任意|凡是|全都|所有的|一律|一并全部|全网",
    ),
    (Mark::All, "everything|anything|all things|all of it|whatever|任何事|一切东西|什么都|啥都|everything you have"),
    (
        Mark::Polite,
        "any chance you could|any chance you can|is there any chance you could|wondering if you could|wondering if you can|i was wondering if you could|i wonder if you could|i was wondering whether you could|could one of you|can one of you|would one of you|would you care to|if you would be so kind|would you be so kind as to|be so kind as to|would you be able to|will you be able to|would it be possible to|could you possibly|can you possibly|could you maybe|would you kindly|could you kindly|can you kindly|i'd appreciate it if you could|i would appreciate it if you could|it would be great if you could|it'd be great if you could|would be great if you could|it would be nice if you could|i would be grateful if you could|i'd be grateful if you could|may i ask you to|may i trouble you to|can i trouble you to|can i ask you to|could i ask you to|can i bother you to|i was hoping you could|i am asking you to|i'm asking you to|i request you to|i kindly ask you to|you may go ahead and|feel free to|be a dear and|do me a favor and|do me a favour and|do us a favor and|if you please|if you don't mind|much appreciated|thanks in advance|thank you in advance|thank you very much|thanks so much|with thanks|heads up|quick one|small ask|one favor|quick favor|quick request|能不能帮忙|能不能麻烦你|能不能请你|可不可以帮忙|可以帮忙|可以帮我|可以麻烦你|可否帮忙|可否请你|能否帮忙|能否请你|不好意思|打扰一下|打扰了|给个方便|行个方便|烦劳|敬请|恳请|请协助|协助|请帮忙|请帮我|帮个忙|帮一下忙|拜托你|辛苦你|辛苦帮忙|麻烦帮忙|麻烦帮我|烦请帮忙|感谢感谢|谢谢您|谢谢你|非常感谢|万分感谢|十分感谢|感激不尽|please|pls|plz|kindly|could you|can you|would you|will you|could i|can i get|can we|could we|would you mind|i want|i want to|i'd like|i would like|i need|i need to|we need|we need to|want to|like to|need you to|let's|lets|let us|go ahead|go ahead and|help|help me|thanks|thank you|thx|hey|hi|hello there|ok|okay|asap|right now|now|immediately|quickly|at once|just|go|dear|bot|agent|team|ops|guys|sorry|quick|real quick|mind|be able|请|麻烦|帮我|帮忙|帮|劳驾|拜托|烦请|辛苦|谢谢|多谢|感谢|能不能帮|可以帮|能否|能帮|可否|请问|请你|我想|我要|我们要|我们想|想要|给我|帮着|一下|一下子|下|吧|呗|哈|啊|呀|哦|喔|嘛|啦|了|的|立即|立刻|马上|赶紧|尽快|快|赶快|速度|直接|现在|先|就|你好|您好|嗨|大家好|那个|这个|好的|好|行|嗯|麻烦你|给|把|将|让|来|去|要|想|需要|can someone|could someone|can anyone|could anyone|can somebody|could somebody|someone please|somebody",
    ),
    (
        Mark::May,
        "may i|am i allowed|are we allowed|allowed to|be allowed|permitted to|am i permitted|do i have permission|do we have permission|have permission|would i be able|will i be able|do i have the rights|have the right|is it ok if i|can i|could i be|can we just|can a|is it allowed|is it permitted|are operators allowed|who can|who may|who is allowed|entitled|authorized to|authorised to|我能不能|我能|我可以|我有权|有没有权限|有权限|有权|允许我|我们能|我们可以|我能否|我是否可以|能不能直接|可以直接|可不可以|能不能|能直接|可以吗|行不行|允许吗|准不准|许可|我可不可以|是否允许|是否可以|谁能|谁可以|谁有权|could a|could an|can an|can operators|can users|can engineers",
    ),
    (
        Mark::Why,
        "why|how come|what caused|what causes|what is causing|what's causing|what made|what makes|为什么|为何|为啥|怎么会|咋会|何以|干嘛|怎么就|怎么老|怎么总|凭什么",
    ),
    (
        Mark::Who,
        "who|whom|whose|by whom|which user|which person|which engineer|谁|哪个人|哪位|什么人|何人|哪个同事|哪个用户|谁把|谁在|是谁|anyone|anybody|有人|有没有人|哪个操作员|哪个家伙|哪些人|who all|whoever|who's|who has|who was|has anyone|has anybody|have any of|did anyone|did anybody",
    ),
    (
        Mark::What,
        "what|what's|whats|what is|what are|什么|啥|哪儿|何|干啥|多大|什么样|怎么样|如何|怎样|咋样|干了啥|干了什么|做了什么|什么操作|做什么|做啥|搞了什么|改了什么|改了啥|动了什么|弄了什么|what has|what have|what did",
    ),
    (
        Mark::Which,
        "which|where|哪些|哪个|哪台|哪几个|哪几台|哪里|哪|那些|有那些|有啥|有什么|哪些操作|做了哪些|改了哪些|有哪些|都有哪些|动了哪些",
    ),
    (Mark::HowMany, "how many|how much|number of|count of|count|几个|多少|几台|几条|几张|多少个|多少台|几|多少钱|一共|总共|总数|数量"),
    (
        Mark::How,
        "how|how's|how is|how are|how do|how to|how did|怎么|怎么办|咋|咋办|如何处理|怎么弄|怎么处理|how to fix|how do i fix|how can i fix|how do we fix|what should i do|what do i do|what should we do|what can i do about|how to handle|how to deal|如何解决|怎么解决|怎么修|怎么排查|如何排查|怎么应对|如何应对|怎么搞定|怎样处理|怎样解决|该怎么|该如何",
    ),
    (
        Mark::Whether,
        "is|are|was|were|does|did|has|have|do i|do we|do you|any|anything|is there|are there|has anyone|whether|if|有没有|是否|是不是|有无|在不在|能否看|会不会|算不算|对不对|有",
    ),
    (Mark::Ask, "吗|么|呢|嘛|没有呀|没|不"),
    (
        Mark::WhatIf,
        "what would happen if|what happens if|what will happen if|what would happen|what if|what would|what will|what happens|would change|what'd happen if|what'd happen|will it affect|would it affect|会怎样|会怎么样|会发生什么|会如何|会有什么|会有啥|后果|会产生什么|会不会影响|有啥后果|会影响到|会出什么|会咋样|would it|would that|what it would|would do|would be affected|会有哪些|会影响|会不会|会变成|会造成|会不会断|会断吗|会挂吗|any risk|risks of|风险多大|有什么风险|有风险吗",
    ),
    (
        Mark::Conditional,
        "if|unless|whenever|as long as|provided|in case|otherwise|should it|if needed|if necessary|如果|假如|要是|若|假设|一旦|万一|除非|必要时|只要超过|否则|倘若|should i|should we|shall we|shall i|要不要|该不该|需不需要|是否应该|用不用|有没有必要|有必要|do you think|你觉得",
    ),
    (
        Mark::Later,
        "tomorrow|tonight|later|every night|every day|daily|nightly|weekly|every morning|each night|each day|every weekend|schedule|scheduled|at midnight|next week|cron|in a minute|after hours|in an hour|weekends|hourly|明天|今晚|每天|每晚|每周|定时|稍后|过会儿|一会儿|待会|待会儿|回头|晚点|明早|下周|每小时|周末自动|凌晨自动|计划在|定期|等会|等会儿|明晚|后天|每日|每月|等到|等流量|等业务|等晚上|等下班|等大家|等人少|低峰|低峰期|闲时|流量低|业务低谷|off-peak|off peak|when it's quiet|as soon as|whenever|in the maintenance window|at noon|at night|on friday|on monday|this weekend|over the weekend at|at the end of|今晚十二点|零点|半夜|凌晨",
    ),
    (Mark::But, "but|just|instead|rather|only|而是|但是|但|只要|就行|改为|反而|而"),
    (
        Mark::Subordinate,
        "before|after|when|while|once|since|until|because|due to|as soon as|prior to|ahead of|following|in case|由于|因为|既然|自从|当",
    ),
    (Mark::SubordinateAfter, "之前|之后|前|后|以前|以后|的时候|时|期间|过后|完后|完之后|了之后"),
    (
        Mark::Happened,
        "was|were|got|has been|have been|had been|been|being|is being|keeps|keep|kept|is stuck|stuck|just|already|itself|by itself|on its own|failed to|cannot|被|自己|自动|已经|已|刚刚|刚|刚才|老是|总是|一直|反复|不断|频繁|曾|曾经|昨晚|昨天|突然|莫名|无故|自行|准备|即将|打算|马上要|正要|快要|要开始|about to|going to|gonna|planning to|plan to|will be",
    ),
    (
        Mark::Should,
        "i need|we need|i want|we want|i'd like|i would like|want|wants|need|have|should|must|needs to|need to|has to|have to|ought to|to be|get|be|needs|should be|must be|应该|必须|需要|得|应当|务必|要",
    ),
    (
        Mark::Say,
        "says|say|said|saying|tells|told|telling|reads|read|asks you|asked me|written|wrote|claims|claim|instructs|instructed|orders|demands|states|mentions|contains|写着|说|写道|提示|显示说|要求|让你|叫你|上面写|写了|声称|指示|告诉|里写|\
         里说|要求你|命令|喊|留言|备注说|说要|说是",
    ),
    (
        Mark::Source,
        "log line|log message|logs|log|alarm|alert|alarm text|alert text|ticket|email|mail|message|comment|tag|description|note|runbook text|webpage|document|error message|slack message|tag value|readme|chat history|notification|page|issue|告警|警报|告警描述|日志|日志里|工单|\
         邮件|消息|标签|备注|描述|注释|网页|文档|短信|通知|群里|聊天记录|报错|错误信息|评论|字段",
    ),
    (
        Mark::Then,
        "then|and then|afterwards|after that|next|followed by|subsequently|第二步|然后|再|接着|随后|之后再|完了再|并且|同时|并|顺便|以及再|外加|还要|再把|然后把|另外|此外",
    ),
    (
        Mark::Pronoun,
        "it|them|that one|this one|that|this|those|these|the other one|the same|same|它|它们|那台|这台|这几台|那几台|这两台|那两台|这三台|这块|那块|那个实例|这些|那些个|该|此|同样|这张|那张|这两块|这俩|那俩|这条|那条|两个|三个|\
         两台|三台|几台|俩|两块|三块|两条|两张|这两个|这三个|这几个",
    ),
    (
        Mark::Named,
        "named|called|call it|name it|with the name|name|identifier|known as|titled|叫|叫做|名叫|名为|命名为|名称|名字|名字叫|取名|名称为|起名|起名叫|名字是",
    ),
    (
        Mark::At,
        "in|on|at|from|of|for|within|inside|across|under|over|against|by|with|在|从|于|对|用|跟|里|里面|上|中|下面|那边|这边|内|的|对于|针对|里头|所在",
    ),
    (Mark::To, "to|into|as|at|=|onto|towards|back to|to be|until|到|为|成|至|给到|往|向|去到|回到"),
    (
        Mark::Noise,
        "from now on|going forward|from here on|for the rest|接下来|之后都|往后|从现在起|今后|后面都|the|a|an|its|our|their|his|her|these days|today's|there|反馈|评价|评分|打分",
    ),
    (
        Mark::Noise,
        "系统|整体|总体|全局|大家|今儿|那边儿|有点|有些|一些|目标是|对象是|其实|原来|毕竟|反正|到底|究竟|看样子|似乎|好像|刚好|正好|正在|主要|重要|要求是|只有|只是|还有|其他|其它|另外的|别家|此时|那么|这么|怎么着|什么的|而已|罢了|的话|分别|特别|级别|别人|别的|区别|休息|非常|免费|未来|无法|不过|不同|不止|不仅|不光|无论|未必|没法|不大|不太|不会|不知道|不小心|不晓得|不清楚|不得不|无响应|没反应|没响应|不响应|没声音|没动静|停滞|前端|后端|前台|后台|前面|后面|目前|当前|前提|后续|提前|上个月|开发人员|关于|关键|开会|打算|建议|做好|上面|上次|上周|开头|开始|关系|关心|开心|停车|换行|上线|上班|下班|改善|加油|封面|留意|存在|现存|\
         打印|打包|调研|放心|业务不停|不停机|不停|没关系|没问题|没事|不要紧|没人要|没人管|没人用|不见了|不动了|不用管|跑不动|上来|下来|出来|起来了|打不开|开不了|加班|\
         停服|上限流|有问题|出问题|出了问题|新版本|新版|大促|促销|离职|卡死|卡住|快满|满了|不够|不够用|不足|没人|晚上|业务|线上|看起来|听说|应急|疑似|\
         可能|大概|应该是|感觉|估计|所以|于是|以便|省钱|省点钱|为了|到期|改天|调休|停留|停顿|限流|开着|开的|开了个|停车场|关注|关联|升级包|加入了|降级了|启发|\
         changes|change request|set of|put simply|start of|starting from|stop gap|long-running|as well|at least|at most|up to|so that|in order|due|too|also|very|really|again|still|yet|already|properly|safely|gracefully|same time",
    ),
    (Mark::Light, "run|execute|do|perform|apply|carry out|go through|make|proceed|act|执行|运行|跑|操作|搞|弄|整|做|动|干|处理|真改|落实"),
];
