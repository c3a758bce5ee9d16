//! Traditional characters of the vocabulary with their simplified forms. Entry point: [`pairs`].
//!
//! Invariant: one character for one character, so positions in the text stay true.

/// Pairs of a traditional and a simplified character, separated by blanks.
const PAIRS: &str = "啟启 動动 執执 個个 體体 儲储 貯贮 資资 庫库 帳账 帐账 戶户 號号 審审 請请 幫帮 檢检 嗎吗 麼么 誰谁 為为 爲为 甚什 這这 裡里 裏里 們们 務务 機机 實实 \
    設设 調调 關关 閉闭 開开 擴扩 縮缩 組组 羣群 標标 籤签 記记 錄录 錯错 誤误 異异 監监 測测 試试 產产 預预 發发 佈布 環环 權权 駁驳 絕绝 計计 劃划 畫画 \
    狀状 態态 進进 圖图 費费 額额 帶带 寬宽 線线 連连 網网 絡络 隊队 佇伫 訊讯 證证 憑凭 據据 鑰钥 輪轮 換换 轉转 備备 還还 復复 複复 滾滚 歷历 經经 驗验 \
    識识 尋寻 問问 題题 處处 診诊 斷断 報报 級级 別别 規规 則则 範范 圍围 內内 時时 間间 點点 鐘钟 區区 東东 歐欧 亞亚 韓韩 國国 麗丽 應应 該该 當当 從从 \
    將将 對对 與与 並并 無无 沒没 僅仅 單单 純纯 過过 週周 後后 幾几 數数 總总 統统 匯汇 讀读 寫写 節节 叢丛 維维 護护 凍冻 結结 緊紧 終终 刪删 銷销 毀毁 \
    丟丢 棄弃 掃扫 險险 議议 薦荐 劇剧 決决 員员 錢钱 貴贵 買买 賣卖 讓让 給给 說说 話话 語语 聽听 見见 觀观 視视 覽览 閱阅 顯显 隱隐 輸输 載载 傳传 遞递 \
    達达 運运 營营 業业 專专 項项 屬属 類类 種种 樣样 條条 較较 軟软 盤盘 掛挂 離离 職职 繼继 續续 暫暂 鎖锁 啓启 徹彻 衝冲 擊击 敗败 勝胜 負负 擋挡 攔拦 \
    築筑 構构 雲云 電电 腦脑 擬拟 際际 傢家 兩两 雙双 億亿 萬万 變变 壓压 釋释 獲获 響响 聲声 況况 減减 準准 淨净 滿满 漲涨 熱热 燈灯 爾尔 牆墙 獨独 現现 \
    瑣琐 瞭了 礎础 禮礼 稱称 穩稳 稅税 糾纠 細细 綁绑 綱纲 緩缓 編编 練练 縱纵 織织 繞绕 聯联 腳脚 舊旧 藝艺 虛虚 術术 補补 製制 覺觉 討讨 訂订 託托 許许 \
    訪访 評评 詞词 詢询 詳详 認认 談谈 謝谢 譯译 讚赞 貨货 質质 贊赞 趨趋 跡迹 軌轨 輔辅 輕轻 辦办 邊边 郵邮 鄰邻 釘钉 針针 鈕钮 鉤钩 銀银 鏈链 鏡镜 鐵铁 \
    閒闲 閘闸 闆板 階阶 雖虽 雜杂 難难 靈灵 靜静 頁页 順顺 須须 頻频 願愿 顧顾 飛飞 餘余 駐驻 驅驱 驟骤 髒脏 鬆松 齊齐 喔哦 妳你 壞坏 夠够 嘗尝 圓圆 塊块 \
    塵尘 墊垫 壽寿 夢梦 奪夺 奮奋 姍姗 孫孙 學学 寧宁 層层 嶼屿 幣币 廢废 廠厂 廣广 彙汇 徑径 憂忧 戰战 拋抛 採采 搶抢 擇择 擔担 擁拥 攜携 敘叙 斂敛 於于 \
    昇升 曉晓 暢畅 曆历 會会 棧栈 極极 樞枢 樹树 檔档 欄栏 歸归 殘残 殺杀 氣气 潔洁 濾滤 灣湾 煩烦 爭争 牽牵 狹狭 獎奖 畢毕 瘋疯 盡尽 眾众 著着 碼码 禦御 \
    竊窃 筆笔 簡简 籌筹 粵粤 紀纪 約约 紅红 納纳 紋纹 絲丝 綠绿 緒绪 縣县 績绩 罰罚 羅罗 習习 聖圣 肅肃 脈脉 臨临 興兴 舉举 莊庄 華华 葉叶 蓋盖 薩萨 蘭兰 \
    蟲虫 衛卫 裝装 褲裤 親亲 訓训 詐诈 誠诚 誘诱 諾诺 謊谎 譜谱 豬猪 貝贝 財财 貪贪 販贩 貼贴 賀贺 賬账 賴赖 購购 贏赢 趙赵 踐践 蹤踪 車车 輯辑 轄辖 辭辞 \
    農农 遊游 遠远 適适 遲迟 遷迁 選选 遺遗 邏逻 醫医 釀酿 鋪铺 錦锦 鍵键 鎮镇 長长 門门 閃闪 闊阔 陣阵 陳陈 陸陆 隨随 雞鸡 霧雾 靂雳 韌韧 頂顶 領领 頭头 \
    顏颜 風风 飯饭 飲饮 館馆 馬马 駕驾 騙骗 騰腾 驚惊 鬧闹 魚鱼 鳥鸟 麥麦 黃黄 黨党 齡龄 龍龙 龐庞 摺折 卻却 衆众 沖冲 檯台 臺台 佔占 係系 倉仓 倆俩 倫伦 \
    偵侦 側侧 傷伤 傾倾 價价 儀仪 儘尽 償偿 優优 兒儿 冊册 凱凯 剛刚 創创 劍剑 劑剂 勁劲 勞劳 勢势 勳勋 勵励 勸劝 協协 厲厉 參参 吳吴 呂吕 啞哑 喚唤 嚇吓 \
    嚴严 囑嘱 堅坚 場场";

/// Traditional, simplified.
pub(crate) fn pairs() -> impl Iterator<Item = (char, char)> {
    PAIRS.split_whitespace().filter_map(|pair| {
        let mut both = pair.chars();
        Some((both.next()?, both.next()?))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_character_has_two_simplified_forms_and_none_is_folded_twice() {
        let map: HashMap<char, char> = pairs().collect();
        assert_eq!(map.len(), pairs().count());
        assert!(pairs().all(|(_, simple)| !map.contains_key(&simple)));
    }
}
