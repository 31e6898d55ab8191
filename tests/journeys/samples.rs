//! A small bureau, its plan, and the people in it. The plan's days are counted from today, so that it is under way on
//! whatever day the journeys run.

use crate::place::Place;
use chrono::{Datelike as _, Days, Local, Months, NaiveDate};

/// Contacts and users.
pub const SCHOOL: &str = "shiyan@school.example.org";
pub const OTHER_SCHOOL: &str = "erzhong@school.example.org";
pub const LEAD: &str = "jijiao@bureau.example.org";
pub const SUPERVISOR: &str = "dudao@bureau.example.org";
pub const LEADER: &str = "juzhang@bureau.example.org";
pub const ADMINISTRATOR: &str = "guanli@bureau.example.org";

/// A password that is none of the common ones.
pub const PASSWORD: &str = "青石板上的雨声 4711";

/// The units, with their contacts.
pub const UNITS: &str = "\
code,name,kind,parent,aliases,level,contact,email
B00,云测市教育局,section,,市教育局|市局,,高同志,zhiban@bureau.example.org
B01,基础教育科,section,B00,基教科,,陆同志,jijiao@bureau.example.org
B02,督导室,section,B00,督导办,,秦同志,dudao@bureau.example.org
I01,教育科学研究院,institution,B00,教科院,,顾老师,jiaoke@bureau.example.org
D1,青石区教育局,district,B00,青石区,,余同志,jiaoyu@qingshi.example.org
S001,云测市第一中学,school,B00,市一中,junior|senior,王老师,yizhong@school.example.org
S101,青石区实验小学,school,D1,青石实小,primary,赵老师,shiyan@school.example.org
S102,青石区第二初级中学,school,D1,青石二中,junior,朱老师,erzhong@school.example.org
";

/// Title of the plan.
pub const TITLE: &str = "减负提质";

/// A day so many days from today.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary under test goes by the machine's clock"
)]
pub fn day_in(days: u64) -> NaiveDate {
    Local::now().date_naive() + Days::new(days)
}

/// A day from Monday to Friday, so many days from today or soon after.
pub fn workday_in(days: u64) -> NaiveDate {
    let is_weekend = |day: &NaiveDate| day.weekday().number_from_monday() > 5;
    let mut days = (days..).map(day_in);
    days.find(|day| !is_weekend(day)).expect("a workday")
}

/// The plan; its third measure is led by a unit that the list of units does not have.
pub fn plan() -> String {
    let today = day_in(0);
    let month = |day: NaiveDate| format!("{}年{}月", day.year(), day.month());
    let began = today - Months::new(1);
    let ends = today + Months::new(10);
    let materials = today + Days::new(25);
    format!(
        "云测市“减负提质”行动方案\n\
         云测教〔{}〕9号\n\
         各区教育局，市直学校，局机关各科室、各直属单位：\n\
         为减轻学生过重的课业负担，提高课堂教学质量，特制定本方案。\n\
         一、工作目标\n\
         到{}年底，作业公示率达到100%。\n\
         二、重点举措\n\
         1、规范作业管理。各校建立作业公示和统筹制度，书面作业总量不超过规定时长，不得要求家长批改作业。\
         （牵头单位：基教科，责任单位：教科院，各校，完成时限：{}底前）\n\
         2、推广优质课例。分学段、分学科遴选优秀课例，供各校选用；各校每学年打磨校级优质课例不少于5节。\
         （牵头单位：教科院，责任单位：基教科，各地各校）\n\
         3、保障体育活动。中小学生每天综合体育活动时间不少于2小时，每天上下午各安排一次大课间。\
         （牵头单位：体卫艺科，责任单位：基教科，各校）\n\
         三、实施步骤\n\
         （一）部署启动（{}—{}）。印发方案，开展培训。\n\
         （二）全面实施（{}—{}）。各地各校推进各项举措。\n\
         四、工作要求\n\
         建立每月一抽查、每双月一调度、每季一通报、每学期一监测、每学年一考评的工作机制，由督导室组织实施。\
         各校于{}{}日前将阶段工作总结报市教育局基础教育科。\n\
         云测市教育局\n\
         {}{}日\n",
        began.year(),
        ends.year(),
        month(today + Months::new(2)),
        month(began),
        month(today),
        month(today + Months::new(1)),
        month(ends),
        month(materials),
        materials.day(),
        month(began),
        began.day(),
    )
}

/// A place where the plan was imported and issued, and its first mails are written.
pub fn issued() -> Place {
    let place = Place::new();
    place.write("units.csv", UNITS);
    place.write("plan.txt", plan());
    let import = ["import", "plan.txt", "--units", "units.csv"];
    place.run(&import);
    // One of its tasks waits for a person, so that not all is done.
    place.run_to(1, &["issue", TITLE]);
    place.run(&["run-job", "deliver"]);
    place
}

impl Place {
    /// Makes a user with a role of the bureau, and lets them set a password; where they do that.
    pub fn invited(&self, address: &str, role: &str) -> String {
        self.run(&["user", "create", address, "--role", role]);
        let told = self.told(&["user", "invite", address, "--show"]);
        told["url"].as_str().expect("an address").to_owned()
    }
}
