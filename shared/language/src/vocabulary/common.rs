//! Everyday English words, which are never names of resources unless they are quoted or introduced ("named web"). Entry point: [`EVERYDAY`].

/// The words, separated by blanks.
pub(crate) const EVERYDAY: &str = "a abnormal abort about above access accessible account accounts across active actual actually add added additional address admin \
    admins advice affected after afternoon again against agent ah alarm alarms alert alerts alias alive all allocate allow allowed \
    allows almost along already also alternative although always am among amount an analysis analyst analyze and anomaly another \
    answer answers any anybody anymore anyone anything anyway anywhere apart app apparently appear application applications applied \
    apply approach approval approvals approve approximately apps april architect are around article as asap ask asked asks assign \
    assume assumed at attach attached attack attacker audit august aurora automatically availability available average away back \
    backend background backlog backup backups bad balance balancer bandwidth barely baseline basically be because been before begin \
    beginning behind being believe below benefit beside best better between beyond big bill bit bits black block blue body boss both \
    bottom box boxes branch breach bring brings broken brought btw bucket buckets budget bug bugs build builds bunch burst business \
    busy but buy by byte cache calendar call called calls came can cancel capacity case category cause center cert certain certificate \
    change changes channel chart chat check checked checks child choice chunk city class clean client clients close closed cloud \
    cluster clusters code cold colleague colleagues collection column come comes coming comment commit common company completely \
    complex compliance component compressed compromised concurrency condition confirm connect connection consider constraint \
    consumption container containers content context continue copies copy core corrupted cost costs could count country couple cpu \
    crash crashed create credential credentials credit critical current currently custom customer customers cut daemon daily dare \
    dashboard data database databases datacenter date day days db dead december decide decision decrease deep default definitely delay \
    delete deleted deletion denied deny department dependency deploy deployed deployment deployments desired despite detach detached \
    developer developers development diagnosis did die difference different digit directly directory dirty disable disabled disconnect \
    discussion disk disks do document documentation documents does doing dollar domain done door double down driver drop duplicate \
    duration during each early easy edge edit edited effect eg egress eight either else email emergency empty enable enabled encrypted \
    encryption end endpoint engineer engineers enough ensure enter entire entirely entry environment error errors etc even evening \
    event ever every everybody everyone everything exactly example except existing exit expect expense experience expert exposure \
    external extra fact failed failing failover failure fairly fall false farm fast fault faulty feature features february feel feels \
    felt few field file files filter final find finds fine finish firewall firmware first five fix fleet folder folks follow follows \
    for format found four free freeze frequency fresh friday friend from front frontend frozen full fully function functions further \
    future fyi gain gateway gave general get gets getting gig gigabyte gigabytes gigs give given gives global go goal goes going gone \
    good got gotten government gracefully grant graph great green group groups grow guess guide guy guys hacked had half hand handle \
    handles hang hanging happen happened happens hard hardly hardware has have having he healthy held hello help helped helps her here \
    hers hey hi high him his history hmm hold holds holiday home hopefully host hostname hosts hot hour hourly hours how however huge \
    hung i idea identity idle ie if image images immediately imo impact importance important impossible improvement in inactive \
    inbound incident incidents include included includes increase index infected information ingress initial insecure inside instance \
    instances instead interface intern internal internet interval into intranet intrusion investigate invoice ip is issue issues it \
    its itself january job jobs join july june just keep keeps kept kernel key keys kill kind knew know knowledge known knows label \
    lag lake lambda large last late lately latency later latest launch layer lead leak leaked leaks learn least leave leaves left \
    legacy lesson let lets letter level lie life like limit limits line link list little live lived lives load local lock locked log \
    login logout logs lol long look looked looking looks lose loss lost lot lots love low lower machine machines made mail main \
    maintenance major make makes making malware man manager manner manual manually many march master max maximum may maybe me mean \
    meaning means meant medium meet meeting megabyte megabytes member members memory men message messages met method metric metrics \
    middle might migration min mine minimum minor minute minutes missing mission modern module moment monday money monitor monitoring \
    month monthly months more morning most mount move moved moves much multi multiple must my myself mysql name names narrow near \
    nearly necessary need neither network networks never new next nice night nine no nobody node nodes noise none nope nor normal not \
    note nothing notification november now number object objective october of off offer office offline often oh ok okay old on one \
    online only onto open operator operators option optional or order orders organization original orphaned other otherwise ought our \
    ours ourselves out outage outbound outcome outlier outside over overall own owner owners pace packet page pages paid pair part \
    particular partner pass password passwords past patch path pattern pause pay payment payments peak pending people per percent \
    performance perhaps period permanent permanently permission permit person phase phone piece place plan plans platform playbook \
    please pod pods point policies policy pool port ports possible postgres present pressure pretty prevent previous price primary \
    priority privacy private privilege probably problem problems procedure process product production profile profit program project \
    properly protect protection protocol provide proxy public publicly pull purpose put puts quality quantity quarter query question \
    questions queue queues quick quickly quite quota rack raise ran range rank rate rather re reach reachable read reader reads ready \
    real really reason reasons rebooted recent recently recommendation record records recovery red redis redo reduce refresh regarding \
    region regional regions regulation reject relation release released releases reliability reload remain remaining remember remote \
    remove removed renew repeat replica replicas report reports request requested requests require required requirement reserve \
    reserved reset resets resize rest restart restore result results resume retention retry review reviewed revoke rhythm right risk \
    rogue role roles roll rollback rolled rollout root rotate rotated rotation roughly router row rule rules run runbook running runs \
    safe safely said same sample saturday saving saw say says scale scaled schedule schema scope script search season second secondary \
    seconds secret secrets secure security see seem seemed seems seen sees sell send sense september sequence series serious serve \
    server servers service services session set seven several severe shall shallow shared she short should show showed shown shows \
    shrink side sidecar sign signal signed similarity simple simply since single sit site situation six size slack slave slow slowly \
    small sms snapshot snapshots so socket software solution some somebody somehow someone something sometimes soon sop sort sounds \
    space speak specific speed spend spike spikes stability stack staff stage staging stale stand standard standby start started \
    starts state status stay step steps still stop stopped stops storage store strange strategy stuck style subject submit submitted \
    such suggest suggestion sum sunday support supports sure surge suspend suspicious switch system systems table tables tactic tag \
    take taken takes target targets task tasks team teams tell tells template temporarily temporary ten terabyte test testing text \
    than thank thanks that the their theirs them themselves then there therefore these they thing things think thinks third this those \
    though thought thread threat three threshold through throughput thursday ticket time timeout times tiny title to today together \
    token tokens told tomorrow tonight too took tool top total totally toward towards trace track tracking traffic trail trails trend \
    tried tries triple true truth try trying tuesday turn turned turns two type types typical ugly uh um unattached unavailable under \
    understand undo unhealthy unit units unless unlike unlock unmount unreserved unsafe until unused unusual up update upgrade upon \
    urgent urgently us usage use used user users uses using usual usually utilization value values various vendor verify version \
    versioning versions very via view viewed virus vision volume volumes vs vulnerability wait walk want wanted wants warehouse warm \
    warning was watch way ways we weakness web website wednesday week weekend weekly weeks weird well went were what whatever when \
    where whether which whichever while white who whole whom whose why wide wiki will win window windows with within without woman \
    women word work workaround worked worker workers working workload works world worse worst would write writer writes written wrong \
    wrote yeah year yearly years yellow yes yesterday yet you young your yours yourself zone zones";

/// English words that are written with a hyphen; other words with hyphens are names.
pub(crate) const HYPHENATED: &str = "dry-run what-if read-only no-op sign-off go-ahead thumbs-up thumbs-down root-cause post-mortem kill-switch e-stop \
    auto-scaling multi-az dead-letter dead-letter-queue point-in-time on-demand pay-per-request require-tls https-only non-tls non-https server-side re-scan re-drive \
    re-deploy re-run re-start re-boot re-encrypt re-enable right-size access-key target-group node-group security-group log-group load-balancer public-access \
    world-readable deletion-protection default-encryption health-check set-up clean-up shut-down power-off power-on roll-back fail-over switch-over time-out \
    pre-prod non-prod pre-production over-provisioned non-compliant non-public tamper-proof hash-chain self-approve auto-approve auto-remediation auto-fix \
    self-heal role-play user-data change-window audit-log audit-trail run-book play-book follow-up real-time long-running long-lived high-availability \
    up-to-date out-of-memory cold-start error-rate all-clear e-mail in-depth step-by-step half-hour two-hour one-time full-time semi-annual year-to-date \
    month-to-date day-to-day end-of-month off-peak single-az well-architected trade-off cut-off in-flight built-in opt-in customer-managed auto-rotation \
    block-public-access key-rotation cool-down four-eyes break-glass read-write two-person cross-region cross-account ec2-instance db-instance";
