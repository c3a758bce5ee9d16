//! Synonym groups of the verbs that entries share. Entry point: the constants, in both languages.
//!
//! Invariant: English verbs stand in their base form, particles after a space ("turn on"); inflected forms and a
//! noun phrase between verb and particle ("turn it on") are understood by the language crate.

/// A synonym group: words separated by `|`.
pub type Words = &'static str;

/// The words of a group, one by one.
///
/// ```
/// assert!(catalogue::words::split(catalogue::words::STOP).any(|w| w == "halt"));
/// ```
pub fn split(words: Words) -> impl Iterator<Item = &'static str> {
    words.split('|').map(str::trim).filter(|word| !word.is_empty())
}

/// Bring something that stands still to life.
pub const START: Words = "起动|give power|get going|get going again|get up again|get up and running|bring to life|bring back to life|kick start|relaunch|power-on|power back on|power back up|resume|revive|start back up|get back running|启一下|启起来|开回来|恢复运行|通电|start|start up|boot|boot up|power on|power up|turn on|switch on|bring up|spin up|fire up|bring online|\
    bring back up|bring back online|bring back|get up|get back up|get back online|get online|put back online|come back online|wake|wake up|启动|开机|开一下|开下|开启|打开|拉起|拉起来|启动起来|开起来|起一下|唤醒|上电|点亮|开";
/// Bring it to a stop that can be taken back.
pub const STOP: Words = "kill the power|cut the power|kill power to|cut power to|pull the power|put to sleep|hibernate|give a rest|power-off|take down|take offline|bring down|wind down|bring to a stop|bring to a halt|停止运行|停住|关一关|关闭运行|停一停|stop|halt|shut down|shutdown|power off|power down|turn off|switch off|shut off|spin down|停止|停掉|停机|停下|\
    停下来|停了|停一下|停下机|停用实例|关一下|关下|关机|关掉|关闭|关停|关了|下电|断电|关上|停|停运";
/// Stop and start in one go.
pub const REBOOT: Words = "重新起动|重新启用|turn off and on|turn off and on again|power-cycle|kick over|cycle|recycle|re-start|re-boot|hard reboot|soft reboot|warm reboot|cold reboot|再启动|热重启|冷重启|硬重启|软重启|重启一遍|重启一次|重启一把|重新启动一下|reboot|restart|bounce|power cycle|重启|重启了|重新启动|重起|重新开机|重开机|重新开启|重启动";
/// Another size of machine.
pub const RESIZE: Words = "retype|scale vertically|vertically scale|变配|改配|换规格|升规格|降规格|换机型|改机型|调整规格|变更规格|升级规格|降级规格|升级配置|提配|改用|resize|rightsize|right-size|upsize|downsize|upgrade|downgrade|change|modify|switch|convert|move|bump|bump up|\
    scale up|scale down|scale|set|make|make it|升级|降级|调整|改成|改为|改到|换成|换到|变更|变更为|升到|升配|降配|升级到|降到|\
    调成|调到|切到|切换到|切成|切换成|转成|转为|换|改|升|降|变成";
/// More of the same.
pub const GROW: Words = "top up|beef up|boost|widen|make bigger|make larger|lift|扩盘|加空间|加容量|涨到|上调到|拉大|放大到|调高到|提高到|提升到|扩展到|扩充到|扩大到|加大到|增大到|扩容到|扩容至|扩展至|提升至|增加至|扩为|扩大为|give|grow|allocate|provision|expand|extend|increase|enlarge|raise|bump|bump up|add|resize|scale up|change|scale|upsize|扩|扩容|扩大|扩到|\
    扩展|扩充|扩成|增加|增加到|加到|加大|加|提升|提高|提到|调大|调高|增大|增至|扩至|放大|上调";
/// Less of the same.
pub const SHRINK: Words = "pare down|scale back|bring down|缩容到|缩容至|缩减到|降至|减至|压缩到|降低到|减小到|shrink|reduce|decrease|lower|cut|cut down|trim|缩|缩容|缩小|缩到|缩减|减少|减到|减小|降低|降到|调小|调低|\
    下调|缩至|减|降";
/// Another value.
pub const SET: Words = "fix at|pin at|pin to|bring to|lift to|定成|固定为|固定到|设定为|设定成|变更成|配置成|配置为|放到|放大到|提到|提高到|提升到|调高到|加到|缩短到|延长到|延长为|缩短为|压到|压成|压低到|限成|调一下|改一下|设一下|调下|改下|needs to be|should be|must be|set|change|update|adjust|make|put|configure|modify|tune|limit|cap|reserve|restrict|apply|assign|throttle|设|设置|\
    设成|设为|设定|设到|调|调到|调成|调为|调整|调整到|调整为|改|改成|改为|改到|修改|限制|限到|限制在|限制到|限|配置|\
    定为|定在|配成|变更为|更新|更新为|置为|设在|控制在";
/// More or fewer copies.
pub const SCALE: Words = "size up|size down|ramp up|ramp down|resize|扩到|缩到|扩展到|拉高到|拉低到|扩容到|缩容到|扩容至|缩容至|缩减到|增加到|减少到|加到|减到|调到|调整到|调整为|scale|scale out|scale in|scale up|scale down|rescale|autoscale|扩缩容|伸缩|扩缩|扩容|缩容|弹|弹到|拉到";
/// A property on.
pub const ENABLE: Words = "put in place|introduce|开了|开好|开启下|加一下|装上|启上|配置上|设置上|挂上|启用一下|打开一下|开启一下|enable|turn on|switch on|activate|add|apply|set up|enforce|require|force|put on|start|set|need|configure|use|put|\
    protect|mandate|only allow|only accept|only permit|allow only|accept only|permit only|只允许|只接受|仅允许|仅接受|只准|只能用|只能走|开启|打开|启用|开通|加上|加|开|开一下|开上|激活|强制|要求|使用|配置|设置|设|设成|设为|改成|改为|\
    必须|启动|开起来|补上|上|配上|切换到|做";
/// A property off.
pub const DISABLE: Words = "invalidate|inactivate|make inactive|void|knock out|置为无效|失效掉|作废掉|封了|禁掉|禁了|置为停用|设为停用|设为失效|吊销掉|停用掉|禁用掉|关闭掉|disable|turn off|switch off|deactivate|suspend|remove|revoke|stop|shut off|drop|unset|kill|end|relax|禁用|关闭|\
    停用|关掉|取消|去掉|禁止|关了|关|停掉|撤销|撤掉|移除|解除|停止|失效|作废|吊销|冻结|封掉|拿掉|停|禁|废掉";
/// Keep out.
pub const BLOCK: Words = "bar|clamp down|fence off|wall off|plug|shut off|shut down|seal|seal off|ban|stop allowing|no longer allow|shield|切断|封住|封死|禁掉|禁了|堵死|拦掉|锁死|关闭掉|挡住|挡掉|block|close|close off|lock down|lock|prevent|forbid|deny|disallow|prohibit|restrict|stop|shut|cut off|阻止|阻断|\
    屏蔽|封锁|封|封禁|堵|堵上|堵住|禁止|拦截|拦住|锁住|锁上|锁|限制|防止|关死|收紧|拒绝|拒掉|不接受|杜绝|reject|refuse|disallow";
/// Take a rule or a member away.
pub const REMOVE: Words = "删了|撤了|摘了|yank|yank out|rip out|scrap|ditch|eliminate|lift out|wipe out|rescind|cancel|take down|take off|strip out|unhook|delist|剔掉|拿走|移走|挪走|卸下|撤下来|撤下|摘出来|摘出去|封掉|封了|关掉|关上|去除掉|移掉|remove|revoke|take out|take away|pull|pull out|drop|strip|clear|clean up|delete|deregister|detach|withdraw|close|\
    drain|evict|kick out|unregister|take|移除|去掉|去除|撤销|撤掉|撤回|收回|收掉|删除|删掉|删|清除|清理|清理掉|清空|\
    清掉|拿掉|拿下来|摘|摘掉|摘除|摘下|摘下来|摘流|移出|剔除|踢出|踢掉|踢出去|下线|注销|取消|取消注册|解除注册|撤|\
    拿出|拿出来|取下|退出|剥离";
/// Let in: the opposite of blocking and of taking rules away.
pub const OPEN: Words = "open|open up|allow|authorize|authorise|permit|expose|grant|whitelist|allowlist|add|enable|let|unblock|publish|\
    accept|放开|放行|打开|开放|允许|授权|添加|加上|加|新增|开通|暴露|公开|开|放通|开启";
/// Turn something into what it should not be: "make it public".
pub const EXPOSE: Words = "make|set|turn|change|switch|put|设为|设成|改成|改为|变成|弄成|搞成|设置为|设置成|调成|换成";
/// Cut off from the world.
pub const ISOLATE: Words = "隔离出去|隔离出来|隔离开|隔离开来|隔离走|摘离网络|cordon off|sandbox off|take offline from the network|pull off the network|unplug from the network|ring-fence|ringfence|wall off|segregate|take off the network|unplug|隔开|网络隔离|断掉网络|掐断网络|切断网络|断网隔离|隔离处理|隔离一下|断一下网|isolate|quarantine|contain|cut off|lock down|fence|fence off|disconnect|air gap|隔离|断网|隔离起来|隔离掉|\
    封禁|封锁|断开网络|断开|控制住|冻结|封掉|封住|关小黑屋|管控";
/// Make a new one.
pub const CREATE: Words = "create|take|make|capture|do|generate|grab|trigger|kick off|start|need|want|get|perform|run|创建|建|打|打个|打一个|\
    做|做个|做一个|拍|拍个|生成|来个|建个|建一个|留|留个|备|搞个|弄个|新建|执行|触发|存|存个|起";
/// A picture of the data, as a verb.
pub const SNAPSHOT: Words = "take a backup|take a snapshot|拍快照|打快照|做快照|做备份|留快照|留个快照|存快照|快照备份|备份下|备份一份|打个快照|做个快照|做一次快照|拍个快照|snapshot|snap|back up|backup|快照|备份|快照一下|备份一下";
/// Go back to what was before.
pub const ROLL_BACK: Words = "wind back|walk back|put back to|flip back|roll it back|step back|back off|return to|go back to|倒回去|退回去|回退到|回滚到|回滚至|回退至|切回去|恢复成|还原成|改回去|roll back|rollback|revert|go back|fall back|restore|point|repoint|switch back|move back|put back|back out|reset|\
    downgrade|point back|回滚|回退|退回|退回到|切回|切回到|还原|还原到|恢复到|倒回|指回|指向|指到|滚回|退到|换回|改回|\
    降回|回到|切到";
/// New for old, of secrets.
pub const ROTATE: Words = "swap|swap over|turn over|reissue|rekey|swap out|rollover|roll over|轮一下|换一遍|换新的|轮换一下|轮换一次|轮换下|rotate|roll|renew|refresh|regenerate|cycle|change|replace|轮换|轮转|更换|换掉|换一下|换|更新|轮替|刷新|重新生成|\
    换新";
/// Put failed work back.
pub const REDRIVE: Words = "send back|put back through|run through again|replay back|pump back|drain back|feed back|reinject|re-inject|re-enqueue|re-queue|re-process|re-send|re-submit|投回|投回去|塞回|塞回去|捞回|重新消费|再消费|再投一次|重推|重推一遍|重新推|回推|送回去|放回去|放回|转回|重新投回|重驱|redrive|re-drive|replay|reprocess|requeue|resend|retry|move back|push back|put back|drain|move|resubmit|重投|重放|\
    回放|重新投递|重新处理|重新入队|重发|重新发送|回灌|打回|倒回|重试|重跑|重驱动|移回|送回|重新投放|重新投";
/// Call it.
pub const INVOKE: Words = "set off|start off|give a run|do a run of|fire off|exercise|poke|跑一把|跑一趟|跑一遍|执行一下|执行一次|触发一次|触发一下|调用一下|调用一次|运行一次|运行一下|跑个|跑下|invoke|call|run|execute|trigger|fire|kick off|launch|test|hit|调用|触发|执行|运行|跑|跑一下|跑一次|调一下|调一次|\
    手动触发|唤起";
/// Writer to replica.
pub const FAIL_OVER: Words = "swap roles|flip over|cut over|force a switchover|切换主备|切换主从|倒主|主从倒换|升主|提主|提升为主|强切|强制切换|手动切换|切一次主|切换一下主备|做主备切换|做故障转移|主从切换一下|故障转移一下|fail over|failover|switch over|switchover|force failover|force a failover|trigger failover|promote|故障转移|\
    故障切换|主备切换|主从切换|切主|倒换|主备倒换|切换主库|切换写节点|failover 一下|容灾切换|切到备库|切换到备库|\
    切换到从库|主备切换一下|切一下主";
/// Push out again.
pub const DEPLOY: Words = "re-roll|rolling restart|restart tasks|滚一下|滚动一遍|重新滚|重发布|再部署|重新上线|重新发一遍|重新部署一下|滚动部署|滚动发布|重新发版|deploy|redeploy|re-deploy|force deploy|force deployment|roll|部署|重新部署|重部署|强制部署|滚动更新|滚动重启|\
    重新发布|重新拉起";
/// Carry on where it stopped.
pub const CONTINUE: Words = "push on|move on|go on|keep going|往下走|继续走|继续跑|继续执行|接着走|接着跑|跑下去|走下去|继续下去|continue|resume|unstick|proceed|finish|retry|carry on|complete|继续|恢复|接着|解开|重试|完成|跑完";
/// Call off.
pub const CANCEL: Words = "cancel|abort|stop|call off|undo|revoke|revert|withdraw|取消|撤销|撤回|中止|终止|停止|叫停|放弃";
/// Destroy.
pub const DELETE: Words = "delete|remove|clean up|get rid of|drop|purge|clear out|destroy|删了|删除掉|删一下|清了|删除|删掉|删|清理|清理掉|清掉|移除|干掉|处理掉|\
    回收|释放";
/// From here to there.
pub const SHIFT: Words = "shift|set|change|move|adjust|route|send|weight|update|put|direct|切|切换|切流|切流量|切走|切到|调|调到|调整|调成|\
    调为|改|改成|改为|设|设为|设成|导|引流|分流|灰度";
