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
pub const START: Words = "start|start up|boot|boot up|power on|power up|turn on|switch on|bring up|spin up|fire up|bring online|\
    bring back up|bring back online|bring back|get up|get back up|get back online|get online|put back online|come back online|wake|wake up|启动|开机|开一下|开下|开启|打开|拉起|拉起来|启动起来|开起来|起一下|唤醒|上电|点亮|开";
/// Bring it to a stop that can be taken back.
pub const STOP: Words = "stop|halt|shut down|shutdown|power off|power down|turn off|switch off|shut off|spin down|停止|停掉|停机|停下|\
    停下来|停了|停一下|停下机|停用实例|关一下|关下|关机|关掉|关闭|关停|关了|下电|断电|关上|停|停运";
/// Stop and start in one go.
pub const REBOOT: Words = "reboot|restart|bounce|power cycle|重启|重启了|重新启动|重起|重新开机|重开机|重新开启|重启动";
/// Another size of machine.
pub const RESIZE: Words = "resize|rightsize|right-size|upsize|downsize|upgrade|downgrade|change|modify|switch|convert|move|bump|bump up|\
    scale up|scale down|scale|set|make|make it|升级|降级|调整|改成|改为|改到|换成|换到|变更|变更为|升到|升配|降配|升级到|降到|\
    调成|调到|切到|切换到|切成|切换成|转成|转为|换|改|升|降|变成";
/// More of the same.
pub const GROW: Words = "give|grow|allocate|provision|expand|extend|increase|enlarge|raise|bump|bump up|add|resize|scale up|change|scale|upsize|扩|扩容|扩大|扩到|\
    扩展|扩充|扩成|增加|增加到|加到|加大|加|提升|提高|提到|调大|调高|增大|增至|扩至|放大|上调";
/// Less of the same.
pub const SHRINK: Words = "shrink|reduce|decrease|lower|cut|cut down|trim|缩|缩容|缩小|缩到|缩减|减少|减到|减小|降低|降到|调小|调低|\
    下调|缩至|减|降";
/// Another value.
pub const SET: Words = "压到|压成|压低到|限成|调一下|改一下|设一下|调下|改下|needs to be|should be|must be|set|change|update|adjust|make|put|configure|modify|tune|limit|cap|reserve|restrict|apply|assign|throttle|设|设置|\
    设成|设为|设定|设到|调|调到|调成|调为|调整|调整到|调整为|改|改成|改为|改到|修改|限制|限到|限制在|限制到|限|配置|\
    定为|定在|配成|变更为|更新|更新为|置为|设在|控制在";
/// More or fewer copies.
pub const SCALE: Words = "scale|scale out|scale in|scale up|scale down|rescale|autoscale|扩缩容|伸缩|扩缩|扩容|缩容|弹|弹到|拉到";
/// A property on.
pub const ENABLE: Words = "enable|turn on|switch on|activate|add|apply|set up|enforce|require|force|put on|start|set|need|configure|use|put|\
    protect|mandate|only allow|only accept|only permit|allow only|accept only|permit only|只允许|只接受|仅允许|仅接受|只准|只能用|只能走|开启|打开|启用|开通|加上|加|开|开一下|开上|激活|强制|要求|使用|配置|设置|设|设成|设为|改成|改为|\
    必须|启动|开起来|补上|上|配上|切换到|做";
/// A property off.
pub const DISABLE: Words = "disable|turn off|switch off|deactivate|suspend|remove|revoke|stop|shut off|drop|unset|kill|end|relax|禁用|关闭|\
    停用|关掉|取消|去掉|禁止|关了|关|停掉|撤销|撤掉|移除|解除|停止|失效|作废|吊销|冻结|封掉|拿掉|停|禁|废掉";
/// Keep out.
pub const BLOCK: Words = "block|close|close off|lock down|lock|prevent|forbid|deny|disallow|prohibit|restrict|stop|shut|cut off|阻止|阻断|\
    屏蔽|封锁|封|封禁|堵|堵上|堵住|禁止|拦截|拦住|锁住|锁上|锁|限制|防止|关死|收紧|拒绝|拒掉|不接受|杜绝|reject|refuse|disallow";
/// Take a rule or a member away.
pub const REMOVE: Words = "remove|revoke|take out|take away|pull|pull out|drop|strip|clear|clean up|delete|deregister|detach|withdraw|close|\
    drain|evict|kick out|unregister|take|移除|去掉|去除|撤销|撤掉|撤回|收回|收掉|删除|删掉|删|清除|清理|清理掉|清空|\
    清掉|拿掉|拿下来|摘|摘掉|摘除|摘下|摘下来|摘流|移出|剔除|踢出|踢掉|踢出去|下线|注销|取消|取消注册|解除注册|撤|\
    拿出|拿出来|取下|退出|剥离";
/// Let in: the opposite of blocking and of taking rules away.
pub const OPEN: Words = "open|open up|allow|authorize|authorise|permit|expose|grant|whitelist|allowlist|add|enable|let|unblock|publish|\
    accept|放开|放行|打开|开放|允许|授权|添加|加上|加|新增|开通|暴露|公开|开|放通|开启";
/// Turn something into what it should not be: "make it public".
pub const EXPOSE: Words = "make|set|turn|change|switch|put|设为|设成|改成|改为|变成|弄成|搞成|设置为|设置成|调成|换成";
/// Cut off from the world.
pub const ISOLATE: Words = "isolate|quarantine|contain|cut off|lock down|fence|fence off|disconnect|air gap|隔离|断网|隔离起来|隔离掉|\
    封禁|封锁|断开网络|断开|控制住|冻结|封掉|封住|关小黑屋|管控";
/// Make a new one.
pub const CREATE: Words = "create|take|make|capture|do|generate|grab|trigger|kick off|start|need|want|get|perform|run|创建|建|打|打个|打一个|\
    做|做个|做一个|拍|拍个|生成|来个|建个|建一个|留|留个|备|搞个|弄个|新建|执行|触发|存|存个|起";
/// A picture of the data, as a verb.
pub const SNAPSHOT: Words = "snapshot|snap|back up|backup|快照|备份|快照一下|备份一下";
/// Go back to what was before.
pub const ROLL_BACK: Words = "roll back|rollback|revert|go back|fall back|restore|point|repoint|switch back|move back|put back|back out|reset|\
    downgrade|point back|回滚|回退|退回|退回到|切回|切回到|还原|还原到|恢复到|倒回|指回|指向|指到|滚回|退到|换回|改回|\
    降回|回到|切到";
/// New for old, of secrets.
pub const ROTATE: Words = "rotate|roll|renew|refresh|regenerate|cycle|change|replace|轮换|轮转|更换|换掉|换一下|换|更新|轮替|刷新|重新生成|\
    换新";
/// Put failed work back.
pub const REDRIVE: Words = "redrive|re-drive|replay|reprocess|requeue|resend|retry|move back|push back|put back|drain|move|resubmit|重投|重放|\
    回放|重新投递|重新处理|重新入队|重发|重新发送|回灌|打回|倒回|重试|重跑|重驱动|移回|送回|重新投放|重新投";
/// Call it.
pub const INVOKE: Words = "invoke|call|run|execute|trigger|fire|kick off|launch|test|hit|调用|触发|执行|运行|跑|跑一下|跑一次|调一下|调一次|\
    手动触发|唤起";
/// Writer to replica.
pub const FAIL_OVER: Words = "fail over|failover|switch over|switchover|force failover|force a failover|trigger failover|promote|故障转移|\
    故障切换|主备切换|主从切换|切主|倒换|主备倒换|切换主库|切换写节点|failover 一下|容灾切换|切到备库|切换到备库|\
    切换到从库|主备切换一下|切一下主";
/// Push out again.
pub const DEPLOY: Words = "deploy|redeploy|re-deploy|force deploy|force deployment|roll|部署|重新部署|重部署|强制部署|滚动更新|滚动重启|\
    重新发布|重新拉起";
/// Carry on where it stopped.
pub const CONTINUE: Words = "continue|resume|unstick|proceed|finish|retry|carry on|complete|继续|恢复|接着|解开|重试|完成|跑完";
/// Call off.
pub const CANCEL: Words = "cancel|abort|stop|call off|undo|revoke|revert|withdraw|取消|撤销|撤回|中止|终止|停止|叫停|放弃";
/// Destroy.
pub const DELETE: Words = "delete|remove|clean up|get rid of|drop|purge|clear out|destroy|删了|删除掉|删一下|清了|删除|删掉|删|清理|清理掉|清掉|移除|干掉|处理掉|\
    回收|释放";
/// From here to there.
pub const SHIFT: Words = "shift|set|change|move|adjust|route|send|weight|update|put|direct|切|切换|切流|切流量|切走|切到|调|调到|调整|调成|\
    调为|改|改成|改为|设|设为|设成|导|引流|分流|灰度";
