//! Everyday English words, which are never names of resources unless they are quoted or introduced ("named web"). Entry point: [`EVERYDAY`].

/// The words, separated by blanks.
pub(crate) const EVERYDAY: &str = "a abnormal about above access accessible account accounts across actually add additional address admin admins affected after \
    afternoon again against ah alarm alarms alert alerts alias alive all allow almost along already also although always am among an \
    analysis and another answer answers any anybody anymore anyone anything anyway anywhere apart app apparently appear application \
    applications approval approvals approve apps april are around as asap ask asked asks at attached audit august aurora automatically \
    availability available away back backend backup backups bad balance balancer basically be because been before behind being believe \
    below beside best better between beyond big bit block boss both box boxes bring brings broken brought btw bucket buckets budget \
    bug bugs build builds bunch busy but buy by cache call called calls came can capacity case cause cert certain certificate change \
    changes chart child class client clients close closed cluster clusters colleague colleagues come comes coming common company \
    completely compromised concurrency consider container containers continue copies copy cost costs could couple cpu crashed create \
    credential credentials critical current currently custom customer customers cut dare dashboard data database databases day days db \
    dead december decide default definitely deletion deployment deployments desired despite detached developer developers development \
    diagnosis did die different directly disk disks do document documentation documents does doing done double down during each eg \
    egress eight either else empty encrypted encryption end engineer engineers enough entire entirely error errors etc even evening \
    ever every everybody everyone everything exactly except existing expect external extra fact failed failing failover fall false \
    fast faulty feature features february feel feels few file files final find finds fine first five fix folks follow follows for \
    found four free friday from front frontend frozen full fully function functions further fyi gave general get gets getting gig \
    gigabyte gigabytes gigs give given gives global go goes going gone good got gotten government gracefully graph great group groups \
    grow guide guy guys hacked had half hand hanging happen happened happens has have having he healthy held hello help helped helps \
    her here hers hey hi high him his history hmm hold holds hopefully host hosts hour hours how however hung i idle ie if image \
    images immediately imo important impossible in inbound incident incidents include included includes infected ingress initial \
    inside instance instances instead internal internet into ip is issue issues it its itself january job jobs july june just keep \
    keeps kept key keys kill kind knew know known knows lambda large last lately later latest lead leak leaked leaks learn least leave \
    leaves left let lets life like limit limits little live lived lives load local log logs lol long look looked looking looks lose \
    lost lot lots love low machine machines made main maintenance major make makes making man manager manually many march master max \
    maximum may maybe me meet megabyte megabytes member members memory men message messages met metric metrics might min mine minimum \
    minor minute minutes monday money month months more morning most move moved moves much multi must my myself mysql name names near \
    nearly necessary need neither network networks never new next nice night nine no nobody node nodes none nope nor normal not \
    nothing november now number october of off offer often oh ok okay old on one only onto open operator operators optional or order \
    orders original orphaned other otherwise ought our ours ourselves out outbound outside over own owner owners page pages paid pair \
    part particular pass password passwords past patch pay payment payments people per percent perhaps permanently person place plan \
    plans playbook please pod pods point policies policy port ports possible postgres pretty previous primary private probably problem \
    problems procedure production properly protection provide public publicly pull put puts quarter question questions queue queues \
    quick quickly quite raise ran range rate rather re reach read reader reads really reason reasons recent recently record records \
    recovery redis regarding region regional regions reject release releases remain remaining remember remote replica replicas report \
    reports request requests require required reserved rest restore result results retention right rogue role roles root rotation rule \
    rules run runbook running runs safely said same saturday saw say says second secondary seconds secret secrets security see seem \
    seemed seems seen sees sell send september serious serve server servers service services set seven several severe shall shared she \
    short should show showed shown shows simply since single sit site six size slave slow slowly small snapshot snapshots so some \
    somebody somehow someone something sometimes soon sop sort space speak specific spend spike spikes staff staging stale stand \
    standby start started starts state status stay step steps still stop stopped stops storage strange stuck such suggest sunday sure \
    suspicious system systems table tables take taken takes target targets task tasks team teams tell tells temporarily ten terabyte \
    test testing than thank thanks that the their theirs them themselves then there therefore these they thing things think thinks \
    third this those though thought three through throughput thursday ticket time timeout times to today together token tokens told \
    tomorrow tonight too took totally toward towards traffic trail trails tried tries triple true try trying tuesday turn turned turns \
    two type types uh um unattached unavailable under understand unhealthy unit units unless unlike unreserved until unused unusual up \
    update upgrade upon urgent urgently us use used user users uses using usual usually value values version versioning versions very \
    via volume volumes vs wait walk want wanted wants warning was watch way ways we web website wednesday week weekend weeks weird \
    well went were what whatever when where whether which whichever while who whole whom whose why will win window windows with within \
    without woman women work worked worker workers working works world worse worst would write writer writes written wrong wrote yeah \
    year years yes yesterday yet you young your yours yourself zone zones";

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
