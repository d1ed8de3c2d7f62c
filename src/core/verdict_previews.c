/* Fetchers of previews: who shows what a link leads to while it is being
 * sent, shared or read. */
#include "core/verdict_table.h"

/* developers.facebook.com/docs/whatsapp, "Link Previews": `WhatsApp/VERSION
 * A|I|N`, fetched on the sender's phone. At the front only: browsers of people
 * name WhatsApp within. Signal's fetcher says the same of itself. */
static const struct verdict_word whatsapp[] = {
	{"WhatsApp/", FRONT},
	{"WhatsApp", WHOLE},
};

/* Before Meta's own, since some pretend to be Meta's. */
static const struct verdict_word messaging[] = {
	/* devtalk.kakao.com/t/scrap/33984 */
	{"kakaotalk-scrap", ANYWHERE},
	/* LINE: facebookexternalhit/1.1;line-poker/1.0 */
	{"line-poker", ANYWHERE},
	/* What Apple's LinkPresentation says for iMessage. */
	{"facebookexternalhit/1.1 Facebot Twitterbot/1.0", ANYWHERE},
	/* core.telegram.org/bots/webhooks; "(like TwitterBot)" */
	{"TelegramBot", ANYWHERE},
	/* api.slack.com/robots */
	{"Slackbot", ANYWHERE},
	{"Slack-ImgProxy", ANYWHERE},
	/* discordapp.com */
	{"Discordbot", ANYWHERE},
	/* Skype and Teams: skype-url-preview@microsoft.com,
	   aka.ms/MicrosoftPreview */
	{"SkypeUriPreview", ANYWHERE},
	{"MicrosoftPreview", ANYWHERE},
	/* Google's Messages: developers.google.com/+/web/snippet */
	{"Google-PageRenderer", ANYWHERE},
	{"developers.google.com/+/web/snippet", ANYWHERE},
	/* developers.snap.com/robots */
	{"Snap URL Preview", ANYWHERE},
	{"SnapURLPreview", ANYWHERE},
	/* Viber's fetcher says no more; people in its browser do. */
	{"Viber", WHOLE},
	/* open-doc.dingtalk.com/microapp/faquestions/ftpfeu */
	{"DingTalkBot", ANYWHERE},
	{"ChatWork LinkPreview", ANYWHERE},
	{"GroupMeBot", ANYWHERE},
	{"BeeperBot", ANYWHERE},
	{"KeybaseBot", ANYWHERE},
	{"GG PeekBot", ANYWHERE},
	{"Mattermost-Bot", ANYWHERE},
	{"ZulipURLPreview", ANYWHERE},
	{"TwilioProxy/", FRONT},
	/* Matrix: github.com/matrix-org/synapse */
	{"Synapse (bot", FRONT},
	{"SteamChatURLLookup", ANYWHERE},
	{"Valve/Steam HTTP Client", FRONT},
};

/* developers.facebook.com/docs/sharing/webmasters/web-crawlers */
static const struct verdict_word meta_preview[] = {
	{"facebookexternalhit", ANYWHERE},
	{"facebookcatalog", ANYWHERE},
	{"facebookplatform", ANYWHERE},
	{"Meta-ExternalHit", ANYWHERE},
	{"Facebot", ANYWHERE},
};

static const struct verdict_word meta_bot[] = {
	{"meta-externalagent", ANYWHERE},
	{"meta-externalfetcher", ANYWHERE},
	{"meta-externalads", ANYWHERE},
	{"meta-webindexer", ANYWHERE},
	{"FacebookBot", ANYWHERE},
};

/* Networks, forums, readers of mail, tools that show cards. */
static const struct verdict_word link[] = {
	/* developer.x.com/en/docs/x-for-websites/cards */
	{"Twitterbot", ANYWHERE},
	/* www.linkedin.com */
	{"LinkedInBot", ANYWHERE},
	/* www.pinterest.com/bot.html */
	{"Pinterestbot", ANYWHERE},
	{"Pinterest/0.", FRONT},
	/* www.reddit.com/feedback */
	{"redditbot", ANYWHERE},
	/* docs.joinmastodon.org: http.rb/5.1.1 (Mastodon/4.1.2; +https://...)
	 */
	{"Mastodon/", ANYWHERE},
	{"Pleroma ", ANYWHERE},
	{"Akkoma ", ANYWHERE},
	{"Misskey/", ANYWHERE},
	{"SummalyBot", ANYWHERE},
	{"Friendica", ANYWHERE},
	{"Lemmy/", FRONT},
	/* support@bsky.app */
	{"Bluesky Cardyb", ANYWHERE},
	{"Bluesky/", FRONT},
	{"bluesky-", FRONT},
	{"TumblrBot", ANYWHERE},
	{"Tumblr/", FRONT},
	/* vk.com/dev/Share */
	{"vkShare", ANYWHERE},
	{"VKRobot", ANYWHERE},
	{"OdklBot", ANYWHERE},
	/* naver.me/scrap */
	{"Blueno/", ANYWHERE},
	/* www.quora.com */
	{"Quora Link Preview", ANYWHERE},
	{"Quora-Bot", ANYWHERE},
	/* flipboard.com/browserproxy */
	{"FlipboardProxy", ANYWHERE},
	{"FlipboardRSS", ANYWHERE},
	{"XING-contenttabreceiver", ANYWHERE},
	{"Xing Bot", ANYWHERE},
	{"Yahoo Link Preview", ANYWHERE},
	{"LinkExpander", ANYWHERE},
	{"BitlyBot", ANYWHERE},
	{"Nuzzel", FRONT},
	{"NING/", FRONT},
	{"Disqus/", FRONT},
	{"Discourse Forum Onebox", ANYWHERE},
	{"Discourse/", FRONT},
	{"XenForo/", FRONT},
	{"Invision Community", FRONT},
	/* support.embed.ly, iframely.com/docs/about */
	{"Embedly", ANYWHERE},
	{"Iframely", ANYWHERE},
	{"BufferLinkPreviewBot", ANYWHERE},
	{"EvernoteRichLinkBot", ANYWHERE},
	{"ClickUpLinkUnfurler", ANYWHERE},
	{"Unfurl", ANYWHERE},
	{"Mediumbot", ANYWHERE},
	{"EveryoneSocialBot", ANYWHERE},
	{"LoomlyBot", ANYWHERE},
	{"Notion/", FRONT},
	{"Shortwave Image", FRONT},
	/* ads.tiktok.com/help/article/preloading-web-content */
	{"thirdLandingPageFeInfra", ANYWHERE},
	{"Bitrix link preview", ANYWHERE},
	{"WebsiteMetadataRetriever", ANYWHERE},
	{"workona-favicon-service", ANYWHERE},
	{"MetaInspector", ANYWHERE},
	{"MetaURI", FRONT},
	{"OgScrper", ANYWHERE},
	{"opengraph", ANYWHERE},
	{"Hatena", FRONT},
	{"github-camo", ANYWHERE},
	{"Thumbor/", FRONT},
	{"imgproxy/", FRONT},
	/* Whosever: what it is for. */
	{"link preview", ANYWHERE},
	{"linkpreview", ANYWHERE},
	{"link-preview", ANYWHERE},
	{"url preview", ANYWHERE},
	{"urlpreview", ANYWHERE},
	{"uripreview", ANYWHERE},
	{"web preview", ANYWHERE},
	{"page preview", ANYWHERE},
	{"page-preview", ANYWHERE},
	{"previewbot", ANYWHERE},
	{"preview bot", ANYWHERE},
	{"previewer", ANYWHERE},
	/* Mail: images and links fetched before they are shown. */
	{"GoogleImageProxy", ANYWHERE},
	{"YahooMailProxy", ANYWHERE},
	{"SeznamEmailProxy", ANYWHERE},
	{"mail.ukr.net proxy", ANYWHERE},
	{"ImageProxy/", ANYWHERE},
	{"FastmailUA", FRONT},
};

const struct verdict_words verdict_whatsapp_words = VERDICT_WORDS(whatsapp);
const struct verdict_words verdict_messaging_words = VERDICT_WORDS(messaging);
const struct verdict_words verdict_meta_preview_words =
	VERDICT_WORDS(meta_preview);
const struct verdict_words verdict_meta_bot_words = VERDICT_WORDS(meta_bot);
const struct verdict_words verdict_link_words = VERDICT_WORDS(link);
