//! Dates with the names of months and days of the week, as spreadsheets read them in the language of their user.

use std::sync::LazyLock;

/// Longest text that is taken for a date, in characters.
const CHARACTERS: usize = 48;

/// Longest word that may stand beside the name of a month or a day, in characters: `PM`, `de`, `th`, `года`.
const SHORT: usize = 4;

/// Fewest characters of the abbreviation of a name.
const ABBREVIATION: usize = 3;

/// Names of months and days of the week in lower case, a language after the other, in the forms that they have in dates.
const NAMES: [&str; 74] = [
    // English
    "january february march april may june july august september october november december",
    "monday tuesday wednesday thursday friday saturday sunday",
    // German
    "januar jänner februar feber märz mrz april mai juni juli august september oktober november dezember",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    // French
    "janvier février fevrier mars avril mai juin juillet août aout septembre octobre novembre décembre",
    "decembre",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    // Spanish
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre",
    "lunes martes miércoles miercoles jueves viernes sábado sabado domingo",
    // Catalan
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "dilluns dimarts dimecres dijous divendres dissabte diumenge",
    // Italian
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    // Portuguese
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "segunda terça quarta quinta sexta sábado domingo",
    // Romanian
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "luni marți miercuri joi vineri sâmbătă duminică",
    // Dutch
    "januari februari maart mrt april mei juni juli augustus september oktober november december",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    // Swedish
    "januari februari mars april maj juni juli augusti september oktober november december",
    "måndag tisdag onsdag torsdag fredag lördag söndag",
    // Danish and Norwegian
    "januar februar marts mars april maj mai juni juli august september oktober november december desember",
    "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    // Icelandic
    "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember",
    "mánudagur þriðjudagur miðvikudagur fimmtudagur föstudagur laugardagur sunnudagur",
    // Finnish
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta",
    "lokakuuta marraskuuta joulukuuta",
    "maanantaina tiistaina keskiviikko keskiviikkona torstaina perjantaina lauantaina sunnuntaina",
    // Estonian
    "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
    "esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev",
    // Latvian
    "janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris decembris",
    "pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena",
    // Lithuanian
    "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio",
    "pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis",
    // Polish
    "styczeń stycznia luty lutego marzec marca kwiecień kwietnia maj maja czerwiec czerwca lipiec lipca",
    "sierpień sierpnia wrzesień września październik października listopad listopada grudzień grudnia",
    "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    // Czech
    "leden ledna únor února březen března duben dubna květen května červen června červenec července srpen",
    "srpna září říjen října listopad listopadu prosinec prosince",
    "pondělí úterý středa čtvrtek pátek sobota neděle",
    // Slovak
    "január január február marec marca apríl máj jún júl august september október november december januára",
    "februára apríla mája júna júla augusta septembra októbra novembra decembra",
    "pondelok utorok streda štvrtok piatok sobota nedeľa",
    // Slovenian and Croatian
    "januar februar marec april maj junij julij avgust siječanj siječnja veljača veljače ožujak ožujka",
    "travanj travnja svibanj svibnja lipanj lipnja srpanj srpnja kolovoz kolovoza rujan rujna listopad",
    "studeni studenoga prosinac prosinca",
    "ponedeljek ponedjeljak torek utorak sreda srijeda četrtek četvrtak petek petak sobota subota nedelja",
    "nedjelja",
    // Hungarian
    "január február március április május június július augusztus szeptember október november december",
    "hétfő kedd szerda csütörtök péntek szombat vasárnap",
    // Turkish
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    // Greek
    "ιανουάριος ιανουαρίου φεβρουάριος φεβρουαρίου μάρτιος μαρτίου απρίλιος απριλίου μάιος μαΐου ιούνιος",
    "ιουνίου ιούλιος ιουλίου αύγουστος αυγούστου σεπτέμβριος σεπτεμβρίου οκτώβριος οκτωβρίου νοέμβριος",
    "νοεμβρίου δεκέμβριος δεκεμβρίου",
    "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή",
    // Russian
    "январь января февраль февраля март марта апрель апреля май мая июнь июня июль июля август августа",
    "сентябрь сентября октябрь октября ноябрь ноября декабрь декабря",
    "понедельник вторник среда четверг пятница суббота воскресенье",
    // Ukrainian
    "січень січня лютий лютого березень березня квітень квітня травень травня червень червня липень липня",
    "серпень серпня вересень вересня жовтень жовтня листопад листопада грудень грудня",
    "понеділок вівторок середа четвер пʼятниця субота неділя",
    // Bulgarian and Serbian
    "януари февруари март април май юни юли август септември октомври ноември декември јануар фебруар јун јул",
    "септембар октобар новембар децембар",
    "понеделник вторник сряда четвъртък петък събота неделя понедељак уторак среда четвртак",
    // Indonesian and Malay
    "januari februari maret mac april mei jun juni julai juli agustus ogos september oktober november",
    "desember disember",
    "senin selasa rabu kamis jumat sabtu minggu isnin khamis jumaat ahad",
    // Vietnamese
    "tháng thg",
    "thứ",
    // Arabic
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    // Hebrew
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "שני שלישי רביעי חמישי שישי שבת ראשון",
];

/// Abbreviations of days of the week that are shorter than those of other names.
const DAYS: [&str; 46] = [
    "mo", "di", "mi", "do", "fr", "sa", "so", "lu", "ma", "me", "je", "ve", "gi", "wo", "vr", "za", "zo", "pn", "wt",
    "śr", "cz", "pt", "nd", "ti", "ke", "to", "pe", "la", "su", "po", "út", "st", "čt", "pá", "ne", "ut", "št", "pi",
    "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд",
];

/// The characters of dates and times in Chinese, Japanese and Korean, with those of eras.
const EAST_ASIAN: &str = "年月日号號時时分秒点點午上下前後后曜星期周週火水木金土一二三四五六七八九十明治大正昭和平成令년월일시분초요오전후화수목금토";

/// The names in the order of their bytes, so that those that begin with a word are beside each other.
static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut names: Vec<&str> = NAMES.iter().flat_map(|names| names.split(' ')).collect();
    names.sort_unstable();
    names
});

/// Returns true if a text with a digit may be a date with the name of a month or of a day: if it is short, and has no long words but such
/// names. A name may be abbreviated. A text too many is taken for a date, such as `Set 5`, rather than one too few.
pub(super) fn is_like_date(text: &str) -> bool {
    if text.len() > 4 * CHARACTERS || text.chars().count() > CHARACTERS {
        return false;
    }
    let words = || text.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty());
    let mut has_name = false;
    for word in words() {
        match is_name(word) {
            true => has_name = true,
            false if word.chars().count() > SHORT => return false,
            false => {}
        }
    }
    has_name || is_short_day(words(), text)
}

/// Returns true for `Di 5.3.2022`: a single word that may be a day of the week, with numbers that may be a date.
fn is_short_day<'t>(mut words: impl Iterator<Item = &'t str>, text: &str) -> bool {
    let Some(word) = words.next().filter(|_| words.next().is_none()) else { return false };
    let numbers = text.split(|character: char| !character.is_numeric()).filter(|part| !part.is_empty());
    word.len() <= 4 && DAYS.contains(&&*word.to_lowercase()) && numbers.count() > 1
}

/// Returns true for a word that is a name, or the beginning of one.
fn is_name(word: &str) -> bool {
    // Most words are ASCII.
    if !word.is_ascii() && word.chars().all(|character| EAST_ASIAN.contains(character)) {
        return true;
    }
    if word.len() < ABBREVIATION || word.chars().count() < ABBREVIATION {
        return false;
    }
    let word = if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase() };
    let next = SORTED.get(SORTED.partition_point(|name| *name < word.as_str()));
    next.is_some_and(|name| name.starts_with(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_recognised_in_the_languages_of_spreadsheets() {
        for text in [
            "Mar 5, 2022 10:30 PM",
            "Saturday, March 5, 2022",
            "Wednesday, 30th of September 2022",
            "5. März 2022",
            "3 juin",
            "1 août 2022",
            "1 ene 2020",
            "5 de marzo de 2022",
            "5-mrt-22",
            "5 марта 2022 г.",
            "5. maaliskuuta 2022",
            "Di 5.3.2022",
            "2022年3月5日",
            "令和4年3月5日",
            "2022년 3월 5일",
            "MARCH1",
            "1-Dec",
            "Sept 2022",
            "пн 5.3.2022",
        ] {
            assert!(is_like_date(text), "{text}");
        }
        let long = format!("5 May {}", "1 ".repeat(CHARACTERS));
        for text in ["12 Main Street", "Product 5", "case 7", "v1.2.3", "do 5", "march of 5 penguins", &long] {
            assert!(!is_like_date(text), "{text}");
        }
    }
}
